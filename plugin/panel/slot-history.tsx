import { useCallback, useEffect, useState } from "react";
import { slotKey, type SlotHistoryEntry, type SlotKind } from "../../service/protocol/index.ts";
import { Button, Problem, Section } from "./controls.tsx";
import { formatWhen } from "./format.ts";
import type { PanelNode } from "./host.ts";
import { lookOf, useAction, useHost, useSlot, type Look } from "./hooks.ts";
import { useLanguage, useTexts } from "./texts.ts";
import { Thumb } from "./thumb.tsx";

/** Shows an asset in a slot of the node, with its maps, for everyone, as a step that can be undone. */
export function useApply(node: PanelNode, kind: SlotKind): (look: Look) => Promise<void> {
  const host = useHost();
  const t = useTexts();
  return useCallback(
    async ({ sha256, maps }) => {
      const slot = slotKey(node.id, kind);
      const before = lookOf(host.scene.state, slot);
      const after: Look = maps ? { sha256, maps } : { sha256 };
      if (JSON.stringify(before) === JSON.stringify(after)) return;
      const show = async (look: Look): Promise<void> => {
        await host.scene.request("apply", { slot, ...look });
      };
      await show(after);
      host.registerUndo({ label: t.generate.undoApply(node.name), undo: () => show(before), redo: () => show(after) });
    },
    [host, t, node.id, node.name, kind],
  );
}

/** What the slot showed, newest first; any of it can be shown again. */
export function SlotHistory({ node, kind }: { readonly node: PanelNode; readonly kind: SlotKind }) {
  const t = useTexts();
  const language = useLanguage();
  const { scene } = useHost();
  const action = useAction();
  const { version } = useSlot(node.id, kind);
  const apply = useApply(node, kind);
  const [entries, setEntries] = useState<readonly SlotHistoryEntry[]>([]);
  const slot = slotKey(node.id, kind);
  const { run } = action;
  useEffect(() => {
    if (version === 0) return setEntries([]);
    let stale = false;
    run(async () => {
      const reply = await scene.request("history", { slot });
      if (!stale) setEntries(reply.entries.toSorted((a, b) => b.version - a.version));
    });
    return () => {
      stale = true;
    };
  }, [scene, slot, version, run]);

  const revert = (): void => run(async () => void (await scene.request("revert", { slot })));
  return (
    <Section
      title={t.generate.history}
      aside={
        entries.length > 0 && (
          <Button look="quiet" icon="revert" onClick={revert} busy={action.busy} testId="revert">
            {t.generate.revert}
          </Button>
        )
      }
      testId="history"
    >
      <Problem action={action} />
      {entries.length === 0 ? (
        <p className="an-hint">{t.generate.historyEmpty}</p>
      ) : (
        <ol className="an-history">
          {entries.map((entry, index) => (
            <li key={entry.version}>
              <button
                type="button"
                className="an-pick"
                aria-label={t.generate.showAgain(entry.version)}
                aria-current={index === 0}
                disabled={index === 0}
                onClick={() => run(() => apply(entry))}
                data-testid={`history-${entry.version}`}
              >
                <Thumb sha256={entry.sha256} alt="" size={40} />
                <span className="an-grow">
                  {t.version(entry.version)} {entry.sha256 === "" && <small>{t.generate.own}</small>}
                  {entry.maps && <small>{t.maps.with}</small>}
                  <small className="an-line">{t.generate.by(entry.by, formatWhen(entry.at, language))}</small>
                </span>
                {index === 0 && <span className="an-badge">{t.generate.now}</span>}
              </button>
            </li>
          ))}
        </ol>
      )}
    </Section>
  );
}
