import { useRef, useState, type RefObject } from "react";
import { limits, ServiceError, type UploadReply } from "../../service/protocol/index.ts";
import { failureText, type UploadProgress } from "../core/index.ts";
import { stem } from "./caption-edits.ts";
import { Button, Fold, Notice, Problem, Progress } from "./controls.tsx";
import { DropTarget } from "./drop-target.tsx";
import { readCaptions, sortFiles } from "./dropped-files.ts";
import type { PanelNode } from "./host.ts";
import { useAction, useHost } from "./hooks.ts";
import { Icon } from "./icons.tsx";
import { usableName } from "./settings-form.ts";
import { useLanguage, useTexts } from "./texts.ts";
import type { NodeDatasets } from "./use-dataset.ts";

interface Outcome {
  readonly reply: UploadReply;
  readonly skipped: number;
  readonly stopped: boolean;
}

/** Sends what was dropped to the node's data set, which is made if need be, with the captions that came along. */
export function useUpload(node: PanelNode, datasets: NodeDatasets) {
  const { client } = useHost();
  const t = useTexts();
  const action = useAction();
  const [progress, setProgress] = useState<UploadProgress>();
  const [outcome, setOutcome] = useState<Outcome>();
  const stop = useRef<AbortController>();

  const send = async (files: readonly File[]): Promise<void> => {
    setOutcome(undefined);
    const { images, captionFiles, skipped } = sortFiles(files);
    if (images.length === 0) throw new Error(t.train.noPictures);
    if (images.length + (datasets.dataset?.images.length ?? 0) > limits.imagesPerDatasetMax) {
      throw new ServiceError("TOO_MANY_IMAGES", { limit: limits.imagesPerDatasetMax });
    }
    const abort = new AbortController();
    stop.current = abort;
    setProgress({ filesDone: 0, filesTotal: images.length, bytesDone: 0, bytesTotal: 0 });
    try {
      const known = datasets.datasetId;
      const id = known ?? (await client.createDataset(usableName(node.name) || "set", node.id)).id;
      datasets.choose(id);
      const reply = await client
        .uploadImages(id, images, { onProgress: setProgress, signal: abort.signal })
        .catch((error: unknown) => {
          if (abort.signal.aborted) return undefined;
          throw error;
        });
      setOutcome({ reply: reply ?? { added: [], refused: [] }, skipped, stopped: reply === undefined });
      if (known === undefined && reply?.added.length === 0) {
        // Nothing of it was a picture: an empty set would only be in the way.
        datasets.choose(undefined);
        await client.removeDataset(id);
      }
      const captions = await readCaptions(captionFiles);
      const found = (reply?.added ?? []).flatMap((image) => {
        const caption = captions.get(stem(image.name))?.slice(0, limits.captionCharsMax);
        return caption === undefined ? [] : [[image.id, caption] as const];
      });
      if (found.length > 0) await client.setCaptions(id, Object.fromEntries(found));
    } finally {
      setProgress(undefined);
    }
    await datasets.reload();
  };
  return {
    take: (files: () => Promise<readonly File[]>) => action.run(async () => send(await files())),
    stop: () => stop.current?.abort(),
    progress,
    outcome,
    close: () => setOutcome(undefined),
    action,
  };
}

export type Upload = ReturnType<typeof useUpload>;

interface DropZoneProps {
  readonly upload: Upload;
  /** There are pictures already: the zone takes less room. */
  readonly started: boolean;
}

/** Where pictures are dropped or chosen, and what became of them. */
export function DropZone({ upload, started }: DropZoneProps) {
  const t = useTexts();
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const { progress, outcome } = upload;
  const take = (list: readonly File[]): void => upload.take(async () => list);

  return (
    <>
      <DropTarget isSlim={started} onFiles={(dropped) => upload.take(() => dropped)} testId="drop-zone">
        {progress === undefined ? (
          <>
            <Icon name="upload" />
            <strong>{started ? t.train.dropMore : t.train.drop}</strong>
            {!started && <p className="an-hint">{t.train.dropHint}</p>}
            <div className="an-row">
              <Button look={started ? "plain" : "primary"} icon="image" onClick={() => files.current?.click()}>
                {t.train.choose}
              </Button>
              <Button icon="folder" onClick={() => folder.current?.click()}>
                {t.train.chooseFolder}
              </Button>
            </div>
          </>
        ) : (
          <>
            <Progress
              label={t.train.uploading(progress.filesDone, progress.filesTotal)}
              share={progress.filesDone / Math.max(1, progress.filesTotal)}
              testId="upload-progress"
            />
            <Button look="quiet" onClick={upload.stop}>
              {t.train.stopUpload}
            </Button>
          </>
        )}
        <FileInput
          input={files}
          testId="drop-input"
          onFiles={take}
          accept="image/png,image/jpeg,image/webp,.txt,.csv,.jsonl"
        />
        <FileInput input={folder} testId="folder-input" onFiles={take} folder />
      </DropTarget>
      <Problem action={upload.action} />
      {outcome && <UploadOutcome outcome={outcome} onClose={upload.close} />}
    </>
  );
}

interface FileInputProps {
  readonly input: RefObject<HTMLInputElement>;
  readonly testId: string;
  readonly onFiles: (files: readonly File[]) => void;
  readonly accept?: string;
  /** Takes a whole folder. */
  readonly folder?: boolean;
}

/** Out of sight and out of the tab order: the buttons open it. */
function FileInput({ input, testId, onFiles, accept, folder }: FileInputProps) {
  return (
    <input
      ref={input}
      type="file"
      multiple
      accept={accept}
      className="an-hidden"
      tabIndex={-1}
      aria-hidden="true"
      data-testid={testId}
      onChange={(event) => {
        const list = [...(event.target.files ?? [])];
        event.target.value = "";
        if (list.length > 0) onFiles(list);
      }}
      {...(folder && { webkitdirectory: "" })}
    />
  );
}

function UploadOutcome({ outcome, onClose }: { readonly outcome: Outcome; readonly onClose: () => void }) {
  const t = useTexts();
  const language = useLanguage();
  const { added, refused } = outcome.reply;
  const words = [
    outcome.stopped ? t.train.uploadStopped : t.train.added(added.length),
    ...(outcome.skipped > 0 ? [t.train.skipped(outcome.skipped)] : []),
  ];
  return (
    <>
      <Notice kind={outcome.stopped || added.length === 0 ? "info" : "good"} onClose={onClose} testId="upload-done">
        {words.join(" · ")}
      </Notice>
      {refused.length > 0 && (
        <Notice kind="warning" testId="upload-refused">
          <Fold title={t.train.refused(refused.length)} open={refused.length <= 5}>
            <ul className="an-lines">
              {refused.map((each, index) => (
                <li key={index}>{failureText(each, language)}</li>
              ))}
            </ul>
          </Fold>
        </Notice>
      )}
    </>
  );
}
