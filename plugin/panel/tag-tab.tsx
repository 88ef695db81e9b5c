import { limits, slotKinds, type LoraTag, type ModuleState, type TagModule } from "../../service/protocol/index.ts";
import {
  BareSelect,
  Button,
  Check,
  ConfirmButton,
  Empty,
  Notice,
  Problem,
  Section,
  Slider,
  TextInput,
} from "./controls.tsx";
import type { PanelNode } from "./host.ts";
import { useAction, useHost, useStudio, useTag, useTyped } from "./hooks.ts";
import { ModulePicker } from "./module-picker.tsx";
import { Thumb } from "./thumb.tsx";
import {
  addModule,
  emptyTag,
  isEmptyTag,
  isFull,
  removeModule,
  setPlayersMay,
  setVersion,
  setWeight,
} from "./tag-edits.ts";
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
        <ul className="an-list">
          {tag.modules.map((entry) => (
            <TagModuleRow key={entry.module} entry={entry} tag={tag} change={change} />
          ))}
        </ul>
        {isFull(tag) ? (
          <Notice kind="info">{t.tag.full(limits.modulesPerStackMax)}</Notice>
        ) : (
          <ModulePicker
            taken={tag.modules.map(({ module }) => module)}
            onPick={(module) => change(addModule(tag, module))}
          />
        )}
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

interface RowProps {
  readonly entry: TagModule;
  readonly tag: LoraTag;
  readonly change: (tag: LoraTag) => void;
}

function TagModuleRow({ entry, tag, change }: RowProps) {
  const t = useTexts();
  const { modules, baseModel } = useStudio();
  const module: ModuleState | undefined = modules.get(entry.module);
  const name = module?.name ?? entry.module;
  return (
    <li className="an-card an-module" data-testid={`tag-module-${entry.module}`}>
      <Thumb sha256={module?.preview ?? ""} alt="" size={44} />
      <div className="an-grow">
        <div className="an-row an-spread">
          <strong className="an-clip" title={name}>
            {name}
          </strong>
          <div className="an-row">
            {module && <VersionChoice entry={entry} newest={module.version} name={name} tag={tag} change={change} />}
            <Button
              look="quiet"
              icon="close"
              label={t.tag.removeModule(name)}
              onClick={() => change(removeModule(tag, entry.module))}
              testId={`remove-module-${entry.module}`}
            />
          </div>
        </div>
        {module === undefined && <p className="an-hint an-warn">{t.tag.missing}</p>}
        {module && module.baseModel !== "" && baseModel !== "" && module.baseModel !== baseModel && (
          <p className="an-hint an-warn">{t.tag.wrongBase}</p>
        )}
        <Slider
          label={t.tag.weight(name)}
          value={entry.weight}
          low={entry.weight < 0 ? -2 : 0}
          high={2}
          step={0.05}
          onCommit={(weight) => change(setWeight(tag, entry.module, weight))}
          testId={`weight-${entry.module}`}
        />
      </div>
    </li>
  );
}

function VersionChoice({ entry, newest, name, tag, change }: RowProps & { newest: number; name: string }) {
  const t = useTexts();
  const versions = Array.from({ length: newest }, (_, index) => newest - index);
  return (
    <BareSelect
      label={t.tag.versionOf(name)}
      value={String(entry.version ?? 0)}
      options={[["0", t.newest(newest)], ...versions.map((n) => [String(n), t.version(n)] as const)]}
      onChange={(value) => change(setVersion(tag, entry.module, Number(value) || undefined))}
      testId={`version-${entry.module}`}
    />
  );
}

function TagWords({ tag, change }: Pick<RowProps, "tag" | "change">) {
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
