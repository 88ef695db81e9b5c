import { useState } from "react";
import { lineReason, type LinesUploadReply } from "../../service/protocol/index.ts";
import { Button, ConfirmButton, Fold, Notice, Problem, Section, TextInput } from "./controls.tsx";
import { blankDialogue, removeDialogue, setTurn, type Dialogues } from "./dialogues.ts";
import { FileDrop } from "./file-drop.tsx";
import { useLanguage, useTexts } from "./texts.ts";
import type { NodeDialogues } from "./use-dialogues.ts";

interface LinesProps {
  readonly lines: NodeDialogues;
  /** What the NPC is called. */
  readonly name: string;
}

/** Lines dropped, pasted or typed: what a player says, and what the NPC answers. */
export function LinesSection({ lines, name }: LinesProps) {
  const t = useTexts();
  const { dialogues, complete } = lines;
  const hasLines = (dialogues?.length ?? 0) > 0;
  return (
    <Section title={t.voice.lines} aside={complete > 0 ? t.voice.count(complete) : undefined} testId="lines">
      <LinesDrop lines={lines} isSlim={hasLines} />
      {/* Open while it is the first thing to do; then the list has the room. */}
      <Fold key={String(hasLines)} title={t.voice.paste} open={dialogues?.length === 0} testId="paste">
        <Paste lines={lines} name={name} />
      </Fold>
      <Problem action={lines.action} />
      {lines.outcome && <Outcome outcome={lines.outcome} onClose={lines.close} />}
      {dialogues && hasLines && (
        <>
          <DialogueList dialogues={dialogues} change={lines.change} name={name} />
          <div className="an-row an-spread">
            <Button icon="plus" onClick={() => lines.change([...dialogues, blankDialogue])} testId="add-line">
              {t.voice.addLine}
            </Button>
            <small role="status" className="an-hint" data-testid="lines-state">
              {lines.unsaved ? t.saving : t.saved}
            </small>
            <ConfirmButton onClick={() => lines.change([])} testId="remove-lines">
              {t.voice.removeLines}
            </ConfirmButton>
          </div>
        </>
      )}
    </Section>
  );
}

function LinesDrop({ lines, isSlim }: { readonly lines: NodeDialogues; readonly isSlim: boolean }) {
  const t = useTexts();
  const take = (files: Promise<readonly File[]>): void =>
    lines.take(async () => {
      const texts = (await files).filter(({ name }) => /\.(jsonl|ndjson|json|txt)$/i.test(name));
      if (texts.length === 0) throw new Error(t.voice.noLinesFile);
      return Promise.all(texts.map((file) => file.text()));
    });
  return (
    <FileDrop
      title={isSlim ? t.voice.dropMore : t.voice.drop}
      hint={t.voice.dropHint}
      icon="chat"
      choose={t.train.choose}
      accept=".jsonl,.ndjson,.json,.txt"
      multiple
      isSlim={isSlim}
      onFiles={take}
      testId="lines"
    />
  );
}

function Paste({ lines, name }: LinesProps) {
  const t = useTexts();
  const [text, setText] = useState("");
  const add = (): void => {
    lines.take(async () => [text]);
    setText("");
  };
  return (
    <>
      <TextInput
        label={t.voice.pasteLabel}
        value={text}
        onChange={setText}
        placeholder={t.voice.pastePlaceholder(name)}
        hint={t.voice.pasteHint}
        rows={5}
        testId="paste-text"
      />
      <div className="an-row">
        <Button disabled={text.trim() === ""} busy={lines.action.busy} onClick={add} testId="paste-add">
          {t.voice.pasteAdd}
        </Button>
      </div>
    </>
  );
}

function Outcome({ outcome, onClose }: { readonly outcome: LinesUploadReply; readonly onClose: () => void }) {
  const t = useTexts();
  const language = useLanguage();
  const { kept, skipped, skippedCount } = outcome;
  return (
    <>
      <Notice kind={kept > 0 ? "good" : "info"} onClose={onClose} testId="lines-taken">
        {t.voice.kept(kept)}
      </Notice>
      {skippedCount > 0 && (
        <Notice kind="warning" testId="lines-skipped">
          <Fold title={t.voice.skipped(skippedCount)} open={skippedCount <= 5}>
            <ul className="an-lines">
              {skipped.map((each, index) => (
                <li key={index}>{t.voice.skippedLine(each.line, lineReason(each, language))}</li>
              ))}
            </ul>
          </Fold>
        </Notice>
      )}
    </>
  );
}

/** More are not edited by hand at a time, and cost the page its quickness. */
const SHOWN_AT_FIRST = 60;

interface ListProps {
  readonly dialogues: Dialogues;
  readonly change: (dialogues: Dialogues) => void;
  readonly name: string;
}

function DialogueList({ dialogues, change, name }: ListProps) {
  const t = useTexts();
  const [count, setCount] = useState(SHOWN_AT_FIRST);
  // One that was just added is at the end, where the person is.
  const shown = dialogues.length - count <= 1 ? dialogues : dialogues.slice(0, count);
  const labels = { system: t.voice.system, user: t.voice.player, assistant: name } as const;
  return (
    <>
      <ol className="an-dialogues" data-testid="dialogues">
        {shown.map(({ messages }, at) => (
          <li key={at} className="an-card" data-testid={`dialogue-${at}`}>
            {messages.map(({ role, content }, turn) => (
              <label key={turn} className={`an-turn an-${role}`}>
                <small className="an-clip">{labels[role]}</small>
                <textarea
                  className="an-input"
                  rows={1}
                  value={content}
                  aria-label={t.voice.turnOf(labels[role], at + 1)}
                  onChange={(event) => change(setTurn(dialogues, at, turn, event.target.value))}
                />
              </label>
            ))}
            <Button
              look="quiet"
              icon="close"
              label={t.voice.removeLine(at + 1)}
              onClick={() => change(removeDialogue(dialogues, at))}
            />
          </li>
        ))}
      </ol>
      {shown.length < dialogues.length && (
        <Button onClick={() => setCount(count * 4)}>{t.voice.showMore(dialogues.length - shown.length)}</Button>
      )}
    </>
  );
}
