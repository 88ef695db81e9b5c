import { PointerEventTypes } from "@babylonjs/core/Events/pointerEvents.js";
import { useEffect, useState, useSyncExternalStore } from "react";
import { limits, slotKey, type SlotKind } from "../../../service/protocol/index.ts";
import { displayNameOf, readTag } from "../../core/index.ts";
import { Button, Problem, Progress, TextInput, useAction, useTexts } from "../../panel/index.ts";
import { tagNodeOf, type World } from "../../runtime/index.ts";

/** What the tag of a node lets players ask for; a tag that cannot be read allows nothing. */
function askable(world: World, nodeId: string): readonly SlotKind[] {
  const node = world.node(nodeId);
  try {
    return (node && readTag(node)?.playersMay) ?? [];
  } catch {
    return [];
  }
}

/** A player clicks a node: where its tag allows it, they may have it drawn anew, for everyone. */
export function AskBox({ world }: { readonly world: World }) {
  const [nodeId, setNodeId] = useState<string>();
  useEffect(() => {
    const observer = world.scene.onPointerObservable.add((info) => {
      if (info.type !== PointerEventTypes.POINTERTAP) return;
      const mesh = info.pickInfo?.pickedMesh;
      setNodeId(mesh ? tagNodeOf(mesh).id : undefined);
    });
    return () => observer.remove();
  }, [world]);
  const kinds = nodeId === undefined ? [] : askable(world, nodeId);
  if (nodeId === undefined || kinds.length === 0) return null;
  return <Ask key={nodeId} world={world} nodeId={nodeId} kinds={kinds} onClose={() => setNodeId(undefined)} />;
}

interface AskProps {
  readonly world: World;
  readonly nodeId: string;
  readonly kinds: readonly SlotKind[];
  readonly onClose: () => void;
}

function Ask({ world, nodeId, kinds, onClose }: AskProps) {
  const t = useTexts();
  const action = useAction();
  const [prompt, setPrompt] = useState("");
  const { connection } = world;
  const pending = useSyncExternalStore(connection.onChange, () =>
    kinds.some((kind) => connection.state.slots.get(slotKey(nodeId, kind))?.pending === true),
  );
  const ask = (kind: SlotKind): void =>
    action.run(async () => void (await world.request(nodeId, kind, prompt.trim(), Math.floor(Math.random() * 1e6))));
  return (
    <section className="studio-ask" data-testid="ask">
      <header className="an-row an-spread">
        <strong className="an-clip">{displayNameOf(world.node(nodeId)!)}</strong>
        <Button look="quiet" icon="close" label={t.close} onClick={onClose} />
      </header>
      <TextInput
        label={t.studio.askPrompt}
        value={prompt}
        onChange={setPrompt}
        placeholder={t.generate.promptPlaceholder[kinds[0] ?? "portrait"]}
        max={limits.promptCharsMax}
        testId="ask-prompt"
      />
      {pending || action.busy ? (
        <Progress label={t.studio.asking} testId="ask-progress" />
      ) : (
        <div className="an-row">
          {kinds.map((kind) => (
            <Button key={kind} look="primary" onClick={() => ask(kind)} testId={`ask-${kind}`}>
              {t.studio.drawSlot(t.slots[kind])}
            </Button>
          ))}
        </div>
      )}
      <Problem action={action} />
    </section>
  );
}
