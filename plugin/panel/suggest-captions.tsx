import { useRef, useState } from "react";
import type { DatasetImage } from "../../service/protocol/index.ts";
import { fillEmptyCaptions, suggestionsUndo } from "./caption-suggestions.ts";
import { Button, Notice, Problem } from "./controls.tsx";
import { useAction, useHost } from "./hooks.ts";
import { useLanguage, useTexts } from "./texts.ts";
import type { Captions } from "./use-dataset.ts";

interface SuggestProps {
  readonly datasetId: string;
  readonly images: readonly DatasetImage[];
  readonly captions: Captions;
}

/** Fills what is empty; one step to take back. */
export function SuggestCaptions({ datasetId, images, captions }: SuggestProps) {
  const t = useTexts();
  const language = useLanguage();
  const host = useHost();
  const action = useAction();
  const [progress, setProgress] = useState<{ readonly done: number; readonly all: number }>();
  const [filled, setFilled] = useState<number>();
  const typed = useRef(captions.captionOf);
  typed.current = captions.captionOf;
  const isEmpty = (id: string): boolean => typed.current(id).trim() === "";
  const open = images.filter(({ id }) => isEmpty(id)).map(({ id }) => id);

  const suggest = (): void =>
    action.run(async () => {
      const { client: source } = host;
      setFilled(undefined);
      setProgress({ done: 0, all: open.length });
      // A caption that was just emptied must be so in the service too.
      await captions.flush();
      const onProgress = (done: number) => setProgress({ done, all: open.length });
      const isTyped = (id: string) => !isEmpty(id);
      await fillEmptyCaptions({ source, datasetId, language, images: open, isTyped, onProgress }, (saved) => {
        const count = Object.keys(saved).length;
        setFilled(count);
        if (count > 0) host.registerUndo(suggestionsUndo(t.train.undoSuggest(count), source, datasetId, saved));
      });
    });

  return (
    <>
      <div className="an-row">
        <Button
          busy={action.busy}
          disabled={open.length === 0 && !action.busy}
          onClick={suggest}
          testId="suggest-captions"
        >
          {t.train.suggest}
        </Button>
        <small className="an-hint" role="status" data-testid="suggest-state">
          {action.busy && progress ? t.train.suggesting(progress.done, progress.all) : ""}
        </small>
      </div>
      {filled !== undefined && !action.busy && action.problem === "" && (
        <Notice kind="info">{t.train.suggestedCaptions(filled)}</Notice>
      )}
      <Problem action={action} />
    </>
  );
}
