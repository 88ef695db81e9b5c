import { limits, slotKinds, type LoraTag } from "../../service/protocol/index.ts";
import { Button, Check, ConfirmButton, Empty, Problem, Section, TextInput } from "./controls.tsx";
import type { PanelNode } from "./host.ts";
import { useAction, useHost, useTag, useTyped } from "./hooks.ts";
import { ModuleStack } from "./module-stack.tsx";
import { emptyTag, isEmptyTag, setPlayersMay } from "./tag-edits.ts";
import { useTexts } from "./texts.ts";

/** What draws the node: modules with weights, the prompts, and what players may ask for. */
export function TagTab({ node, onTrain }: { readonly node: PanelNode; readonly onTrain: () => void }) {
  const t = useTexts();
  const host = useHost();
  const action = useAction();
  const { tag, edit } = useTag(node);
  const change = (next: LoraTag): void => action.run(() => edit(next));

  return (
    <div className="an-stack">
      <Problem action={action} />
      <Section title={t.tag.title} hint={t.tag.hint}>
        {tag.modules.length === 0 && (
          <Empty icon="tag" title={t.tag.none}>
            <p>{t.tag.noneHint}</p>
            {node.kind !== "scene" && (
              <Button look="primary" onClick={onTrain} testId="go-train">
                {t.tag.trainFirst[node.kind]}
              </Button>
            )}
          </Empty>
        )}
        <ModuleStack kind="picture" holder={tag} change={change} />
      </Section>
      <TagWords tag={tag} change={change} />
      {node.slots.length > 0 && (
        <Section title={t.tag.players} hint={t.tag.playersHint}>
          <div className="an-row">
            {slotKinds
              .filter((kind) => node.slots.includes(kind))
              .map((kind) => (
                <Check
                  key={kind}
                  label={t.slots[kind]}
                  checked={tag.playersMay.includes(kind)}
                  onChange={(allowed) => change(setPlayersMay(tag, kind, allowed))}
                  testId={`players-may-${kind}`}
                />
              ))}
          </div>
        </Section>
      )}
      <footer className="an-row an-spread">
        {host.saveScene && (
          <Button icon="download" onClick={() => action.run(async () => host.saveScene?.())} testId="download-scene">
            {t.tag.download}
          </Button>
        )}
        {!isEmptyTag(tag) && (
          <ConfirmButton onClick={() => change(emptyTag)} testId="clear-tag">
            {t.tag.clear}
          </ConfirmButton>
        )}
      </footer>
    </div>
  );
}

interface WordsProps {
  readonly tag: LoraTag;
  readonly change: (tag: LoraTag) => void;
}

function TagWords({ tag, change }: WordsProps) {
  const t = useTexts();
  const prompt = useTyped(tag.prompt, (text) => change({ ...tag, prompt: text }));
  const negative = useTyped(tag.negative, (text) => change({ ...tag, negative: text }));
  return (
    <Section title={t.tag.words} hint={t.tag.promptHint}>
      <TextInput
        label={t.tag.prompt}
        value={prompt.text}
        onChange={prompt.type}
        onLeave={prompt.flush}
        rows={3}
        max={limits.promptCharsMax}
        testId="tag-prompt"
      />
      <TextInput
        label={t.tag.negative}
        value={negative.text}
        onChange={negative.type}
        onLeave={negative.flush}
        hint={t.tag.negativeHint}
        rows={2}
        max={limits.promptCharsMax}
        testId="tag-negative"
      />
    </Section>
  );
}
