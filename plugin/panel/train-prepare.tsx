import { useState } from "react";
import { displayName, limits, type ReportReply } from "../../service/protocol/index.ts";
import { BareSelect, Button, ConfirmButton, Notice, Problem, Section, Spinner, TextInput } from "./controls.tsx";
import type { PanelNode } from "./host.ts";
import { useAction, useHost, useTag } from "./hooks.ts";
import {
  blankForm,
  readForm,
  samplePromptsOf,
  suggestedForm,
  triggerWordFor,
  usableName,
  type SettingsForm,
} from "./settings-form.ts";
import { joinPrompt } from "./tag-edits.ts";
import { useTexts } from "./texts.ts";
import { CaptionGrid } from "./train-captions.tsx";
import { DropZone, useUpload } from "./train-pictures.tsx";
import { SettingsFields } from "./train-settings.tsx";
import { useCaptions, useDatasets, useReport, type Captions, type NodeDatasets } from "./use-dataset.ts";

interface PrepareProps {
  readonly node: PanelNode;
  readonly onStarted: (jobId: string) => void;
}

/** From dropped pictures to the start of a training. */
export function TrainPrepare({ node, onStarted }: PrepareProps) {
  const datasets = useDatasets(node);
  const { dataset } = datasets;
  const upload = useUpload(node, datasets);
  const captions = useCaptions(dataset, datasets.accept);
  const { report, action: reportAction } = useReport(dataset, upload.progress !== undefined || captions.unsaved);
  const started = (dataset?.images.length ?? 0) > 0;
  return (
    <div className="an-stack">
      <PicturesSection
        datasets={datasets}
        captions={captions}
        report={report}
        checking={reportAction.busy}
        drop={<DropZone upload={upload} started={started} />}
      />
      <Problem action={reportAction} />
      {started && (
        <StartSection
          key={datasets.datasetId}
          node={node}
          datasets={datasets}
          captions={captions}
          report={report}
          waiting={upload.progress !== undefined || (report === undefined && reportAction.problem === "")}
          onStarted={onStarted}
        />
      )}
    </div>
  );
}

interface PicturesProps {
  readonly datasets: NodeDatasets;
  readonly captions: Captions;
  readonly report: ReportReply | undefined;
  readonly checking: boolean;
  readonly drop: React.ReactNode;
}

function PicturesSection({ datasets, captions, report, checking, drop }: PicturesProps) {
  const t = useTexts();
  const { client } = useHost();
  const { dataset, sets, datasetId } = datasets;
  const images = dataset?.images ?? [];
  const removeSet = (): void =>
    datasets.action.run(async () => {
      if (datasetId === undefined) return;
      await client.removeDataset(datasetId);
      datasets.choose(sets.find(({ id }) => id !== datasetId)?.id);
    });
  return (
    <Section
      title={t.train.pictures}
      aside={images.length > 0 ? t.train.count(images.length) : undefined}
      testId="pictures"
    >
      {sets.length > 0 && (
        <div className="an-row">
          <BareSelect
            label={t.train.set}
            value={datasetId ?? ""}
            options={[
              ...sets.map((set) => [set.id, `${set.name} · ${t.train.count(set.images)}`] as const),
              ["", t.train.newSet],
            ]}
            onChange={(id) => datasets.choose(id === "" ? undefined : id)}
          />
          {datasetId !== undefined && <ConfirmButton onClick={removeSet}>{t.train.removeSet}</ConfirmButton>}
        </div>
      )}
      {drop}
      <Problem action={datasets.action} />
      {images.length > 0 && (
        <>
          <ReportSummary report={report} checking={checking} />
          <CaptionGrid
            datasetId={dataset!.id}
            images={images}
            captions={captions}
            report={report}
            onRemove={(image) =>
              datasets.action.run(async () => {
                await client.removeImage(dataset!.id, image.id);
                await datasets.reload();
              })
            }
          />
          <div className="an-row an-spread">
            <small role="status" className="an-hint" data-testid="captions-state">
              {captions.unsaved ? t.saving : t.saved}
            </small>
          </div>
          <Problem action={captions.action} />
        </>
      )}
    </Section>
  );
}

function ReportSummary({ report, checking }: { readonly report: ReportReply | undefined; readonly checking: boolean }) {
  const t = useTexts();
  const busy = (
    <p className="an-hint an-row" role="status">
      <Spinner /> {t.train.checking}
    </p>
  );
  if (report === undefined) return checking ? busy : null;
  const general = report.findings.filter(({ images }) => images.length === 0);
  if (report.findings.length === 0) {
    return (
      <Notice kind="good" testId="report">
        {t.train.good}
      </Notice>
    );
  }
  return (
    <Notice
      kind={report.findings.some(({ severity }) => severity !== "advice") ? "warning" : "info"}
      title={t.train.problems(report.findings.length)}
      testId="report"
    >
      {checking && busy}
      {general.length < report.findings.length && <span className="an-hint">{t.train.problemsBelow}</span>}
      {general.length > 0 && (
        <ul className="an-lines">
          {general.map((finding, index) => (
            <li key={index}>{finding.message}</li>
          ))}
        </ul>
      )}
    </Notice>
  );
}

interface StartProps {
  readonly node: PanelNode;
  readonly datasets: NodeDatasets;
  readonly captions: Captions;
  readonly report: ReportReply | undefined;
  /** Pictures or the report are on their way. */
  readonly waiting: boolean;
  readonly onStarted: (jobId: string) => void;
}

/** What a person changed; the rest follows the pictures until they do. */
interface Changes {
  readonly name?: string;
  readonly triggerWord?: string;
  readonly samplePrompts?: string;
  readonly form?: SettingsForm;
}

/** The fields with what they mean: untouched ones follow the node, the pictures and the report. */
function useStartForm({
  node,
  datasets,
  captions,
  report,
}: Pick<StartProps, "node" | "datasets" | "captions" | "report">) {
  const [changes, setChanges] = useState<Changes>({});
  const images = datasets.dataset?.images ?? [];
  const triggerWord = changes.triggerWord ?? triggerWordFor(node.id);
  const { tag } = useTag(node);
  const firstCaption = (images.length > 0 && captions.captionOf(images[0]!.id).trim()) || tag.prompt;
  const begins = firstCaption.toLowerCase().startsWith(triggerWord.toLowerCase());
  const form = changes.form ?? (report === undefined ? blankForm : suggestedForm(report.suggested));
  const reset = (): void => {
    const { form: _form, ...rest } = changes;
    setChanges(rest);
  };
  return {
    name: changes.name ?? usableName(node.name),
    triggerWord,
    samplePrompts: changes.samplePrompts ?? (begins ? firstCaption : joinPrompt(triggerWord, firstCaption)),
    form,
    ...readForm(form),
    images: images.length,
    change: (next: Changes) => setChanges({ ...changes, ...next }),
    reset: changes.form && reset,
  };
}

function StartSection({ node, datasets, captions, report, waiting, onStarted }: StartProps) {
  const t = useTexts();
  const { studio } = useHost();
  const action = useAction();
  const fields = useStartForm({ node, datasets, captions, report });
  const { name, triggerWord, samplePrompts, form, settings, problems, change } = fields;
  const nameFits = displayName.safeParse(name).success;
  const blocked = !nameFits || Object.keys(problems).length > 0;

  const start = (): void =>
    action.run(async () => {
      await captions.flush();
      const { jobId } = await studio.request("train.start", {
        datasetId: datasets.datasetId!,
        nodeId: node.id,
        name: name.trim(),
        ...(triggerWord.trim() === "" ? {} : { triggerWord: triggerWord.trim() }),
        settings,
        samplePrompts: samplePromptsOf(samplePrompts),
      });
      onStarted(jobId);
    });

  return (
    <Section title={t.train.settings} testId="settings">
      <div className="an-columns">
        <TextInput
          label={t.train.name}
          value={name}
          onChange={(text) => change({ name: text })}
          problem={nameFits ? undefined : t.train.nameInvalid}
          max={limits.nameCharsMax}
          testId="train-name"
        />
        <TextInput
          label={t.train.triggerWord}
          value={triggerWord}
          onChange={(text) => change({ triggerWord: text })}
          max={limits.nameCharsMax}
          testId="trigger-word"
        />
      </div>
      <p className="an-hint">{t.train.triggerHint}</p>
      <TextInput
        label={t.train.samplePrompts}
        value={samplePrompts}
        onChange={(text) => change({ samplePrompts: text })}
        hint={t.train.sampleHint}
        rows={2}
        max={limits.promptCharsMax}
        testId="sample-prompts"
      />
      <SettingsFields
        form={form}
        problems={problems}
        onChange={(next) => change({ form: next })}
        onReset={fields.reset}
      />
      <Problem action={action} />
      <div className="an-start">
        <span className="an-hint">
          {blocked
            ? t.train.fixFields
            : t.train.startHint(fields.images, settings.steps ?? report?.suggested.steps ?? 0)}
        </span>
        <Button look="primary" onClick={start} busy={action.busy} disabled={blocked || waiting} testId="start-training">
          {action.busy ? t.train.starting : t.train.start}
        </Button>
      </div>
    </Section>
  );
}
