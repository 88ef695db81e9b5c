import { limits, type ModuleKind, type ModuleState, type TagModule } from "../../service/protocol/index.ts";
import { BareSelect, Button, Notice, Slider } from "./controls.tsx";
import { Icon } from "./icons.tsx";
import { useStudio } from "./hooks.ts";
import { ModulePicker } from "./module-picker.tsx";
import { addModule, isFull, removeModule, setVersion, setWeight, type Stacked } from "./tag-edits.ts";
import { useTexts } from "./texts.ts";
import { Thumb } from "./thumb.tsx";

interface StackProps<T extends Stacked> {
  readonly kind: ModuleKind;
  /** A tag or a voice. */
  readonly holder: T;
  readonly change: (holder: T) => void;
}

/** A mix of modules: one slider each, and a button that adds another. */
export function ModuleStack<T extends Stacked>({ kind, holder, change }: StackProps<T>) {
  const t = useTexts();
  return (
    <>
      <ul className="an-list">
        {holder.modules.map((entry) => (
          <ModuleRow key={entry.module} kind={kind} entry={entry} holder={holder} change={change} />
        ))}
      </ul>
      {isFull(holder) ? (
        <Notice kind="info">{t.tag.full(limits.modulesPerStackMax)}</Notice>
      ) : (
        <ModulePicker
          kind={kind}
          taken={holder.modules.map(({ module }) => module)}
          onPick={(module) => change(addModule(holder, module))}
        />
      )}
    </>
  );
}

interface RowProps<T extends Stacked> extends StackProps<T> {
  readonly entry: TagModule;
}

function ModuleRow<T extends Stacked>({ kind, entry, holder, change }: RowProps<T>) {
  const t = useTexts();
  const { modules, baseModel, voiceBase } = useStudio();
  const module: ModuleState | undefined = modules.get(entry.module);
  const name = module?.name ?? entry.module;
  const base = kind === "voice" ? voiceBase : baseModel;
  return (
    <li className="an-card an-module" data-testid={`tag-module-${entry.module}`}>
      {kind === "voice" ? <VoiceMark size={44} /> : <Thumb sha256={module?.preview ?? ""} alt="" size={44} />}
      <div className="an-grow">
        <div className="an-row an-spread">
          <strong className="an-clip" title={name}>
            {name}
          </strong>
          <div className="an-row">
            {module && (
              <VersionChoice
                entry={entry}
                newest={module.version}
                name={name}
                onChoose={(version) => change(setVersion(holder, entry.module, version))}
              />
            )}
            <Button
              look="quiet"
              icon="close"
              label={t.tag.removeModule(name)}
              onClick={() => change(removeModule(holder, entry.module))}
              testId={`remove-module-${entry.module}`}
            />
          </div>
        </div>
        {module === undefined && <p className="an-hint an-warn">{t.tag.missing}</p>}
        {module && module.baseModel !== "" && base !== "" && module.baseModel !== base && (
          <p className="an-hint an-warn">{t.tag.wrongBase}</p>
        )}
        <Slider
          label={t.tag.weight(name)}
          value={entry.weight}
          low={entry.weight < 0 ? -2 : 0}
          high={2}
          step={0.05}
          onCommit={(weight) => change(setWeight(holder, entry.module, weight))}
          testId={`weight-${entry.module}`}
        />
      </div>
    </li>
  );
}

/** Stands where a picture module has its preview. */
export const VoiceMark = ({ size }: { readonly size: number }) => (
  <span className="an-thumb an-blank" style={{ width: size, height: size }} aria-hidden="true">
    <Icon name="voice" />
  </span>
);

interface VersionProps {
  readonly entry: TagModule;
  readonly newest: number;
  readonly name: string;
  readonly onChoose: (version: number | undefined) => void;
}

function VersionChoice({ entry, newest, name, onChoose }: VersionProps) {
  const t = useTexts();
  const versions = Array.from({ length: newest }, (_, index) => newest - index);
  return (
    <BareSelect
      label={t.tag.versionOf(name)}
      value={String(entry.version ?? 0)}
      options={[["0", t.newest(newest)], ...versions.map((n) => [String(n), t.version(n)] as const)]}
      onChange={(value) => onChoose(Number(value) || undefined)}
      testId={`version-${entry.module}`}
    />
  );
}
