import { useId, useState } from "react";
import type { ModuleKind, ModuleState } from "../../service/protocol/index.ts";
import { Button } from "./controls.tsx";
import { Icon } from "./icons.tsx";
import { useStudio } from "./hooks.ts";
import { useTexts } from "./texts.ts";
import { Thumb } from "./thumb.tsx";

/** Modules whose name, trigger word, owner or description holds every word of the query; newest first. */
export function findModules(modules: Iterable<ModuleState>, query: string): ModuleState[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return [...modules]
    .filter((module) => {
      const text = [module.name, module.triggerWord, module.owner, module.description].join(" ").toLowerCase();
      return words.every((word) => text.includes(word));
    })
    .toSorted((a, b) => b.createdAt - a.createdAt);
}

interface PickerProps {
  readonly kind: ModuleKind;
  /** Ids that cannot be picked again. */
  readonly taken: readonly string[];
  readonly onPick: (moduleId: string) => void;
}

/** A button that opens a searchable list of the library's modules. */
export function ModulePicker({ kind, taken, onPick }: PickerProps) {
  const t = useTexts();
  const { modules } = useStudio();
  const [open, setOpen] = useState(false);
  const [query, setQuery] = useState("");
  const id = useId();
  const free = [...modules.values()].filter((module) => module.kind === kind && !taken.includes(module.id));
  const found = findModules(free, query);
  const pick = (moduleId: string): void => {
    setOpen(false);
    setQuery("");
    onPick(moduleId);
  };
  if (!open) {
    return (
      <Button icon="plus" onClick={() => setOpen(true)} testId={`add-module-${kind}`}>
        {t.tag.add}
      </Button>
    );
  }
  return (
    <div className="an-card an-picker" onKeyDown={(event) => event.key === "Escape" && setOpen(false)}>
      <div className="an-row">
        <label className="an-search">
          <Icon name="search" />
          <span className="an-hidden">{t.tag.search}</span>
          <input
            className="an-input"
            value={query}
            placeholder={t.tag.search}
            autoFocus
            onChange={(event) => setQuery(event.target.value)}
            aria-controls={id}
          />
        </label>
        <Button look="quiet" icon="close" label={t.cancel} onClick={() => setOpen(false)} />
      </div>
      <ul className="an-list" id={id}>
        {found.map((module) => (
          <li key={module.id}>
            <button
              type="button"
              className="an-pick"
              onClick={() => pick(module.id)}
              data-testid={`pick-module-${module.id}`}
            >
              {kind === "picture" && <Thumb sha256={module.preview} alt="" size={32} />}
              <span className="an-grow an-clip">{module.name}</span>
              <small>{module.triggerWord}</small>
              <small>{t.version(module.version)}</small>
            </button>
          </li>
        ))}
      </ul>
      {found.length === 0 && <p className="an-hint">{free.length === 0 ? t.tag.noModules : t.tag.noMatch}</p>}
    </div>
  );
}
