/** A process that is killed in a test: opens store and queue in the folder it is given, and starts a training. */
import { makeDataset, openWorkbench, trainRequest, ADA } from "./workbench.ts";

const [dataDir = ""] = process.argv.slice(2);
const { jobs, library } = await openWorkbench({ dataDir });
const datasetId = await makeDataset(library);
const { jobId } = await jobs.startTraining(trainRequest(datasetId, { steps: 14, saveSteps: 2 }), ADA);
const { jobId: waiting } = await jobs.startTraining(trainRequest(datasetId, { steps: 1 }), ADA);
process.send?.({ jobId, waiting });
jobs.on("job", ({ id, savedSteps }) => {
  const pid = jobs.workerPid(id);
  if (id === jobId && pid !== undefined) process.send?.({ pid, saved: savedSteps.at(-1) ?? 0 });
});
