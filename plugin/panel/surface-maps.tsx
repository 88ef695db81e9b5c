import { useState } from "react";
import { mapKinds, type MapKind } from "../../service/protocol/index.ts";
import { Button, Check, Problem, Section, Slider } from "./controls.tsx";
import type { PanelNode } from "./host.ts";
import { useAction, useHost, useSlot } from "./hooks.ts";
import { useApply } from "./slot-history.tsx";
import { useTexts } from "./texts.ts";
import { Thumb } from "./thumb.tsx";

interface Strengths extends Readonly<Record<MapKind, number>> {
  /** Dark is high. */
  readonly darkHigh: boolean;
}
const initialStrengths: Strengths = { normal: 1, roughness: 0.5, occlusion: 1, darkHigh: false };

/** How far a slider goes; what the service takes beyond that looks like nothing any more. */
const sliders: Readonly<Record<MapKind, { readonly high: number; readonly step: number }>> = {
  normal: { high: 8, step: 0.1 },
  roughness: { high: 1, step: 0.05 },
  occlusion: { high: 4, step: 0.1 },
};

/** Relief, gloss and hollows of the texture that the node shows: made by the service, shown to everyone with it. */
export function SurfaceMapsSection({ node }: { readonly node: PanelNode }) {
  const t = useTexts();
  const { studio } = useHost();
  const action = useAction();
  const apply = useApply(node, "albedo");
  const { sha256, maps } = useSlot(node.id, "albedo");
  const [strengths, setStrengths] = useState(initialStrengths);
  const set = (change: Partial<Strengths>): void => setStrengths((now) => ({ ...now, ...change }));
  if (sha256 === "") return null;

  const make = (): void =>
    action.run(async () => apply({ sha256, maps: await studio.request("maps", { sha256, ...strengths }) }));
  return (
    <Section title={t.maps.title} hint={t.maps.hint} testId="surface-maps">
      {maps && (
        <div className="an-maps">
          {mapKinds.map((kind) => (
            <Thumb key={kind} sha256={maps[kind]} alt={t.maps.kinds[kind]} />
          ))}
        </div>
      )}
      {mapKinds.map((kind) => (
        <div key={kind} className="an-field">
          <span className="an-label" aria-hidden="true">
            {t.maps.kinds[kind]}
          </span>
          <Slider
            label={t.maps.kinds[kind]}
            value={strengths[kind]}
            low={0}
            {...sliders[kind]}
            onCommit={(value) => set({ [kind]: Math.min(sliders[kind].high, Math.max(0, value)) })}
            testId={`maps-${kind}`}
          />
        </div>
      ))}
      <Check
        label={t.maps.darkHigh}
        hint={t.maps.darkHighHint}
        checked={strengths.darkHigh}
        onChange={(darkHigh) => set({ darkHigh })}
        testId="maps-dark-high"
      />
      <div className="an-row an-spread">
        {maps ? (
          <Button look="quiet" icon="close" onClick={() => action.run(() => apply({ sha256 }))} testId="maps-remove">
            {t.maps.remove}
          </Button>
        ) : (
          <span />
        )}
        <Button look="primary" onClick={make} busy={action.busy} testId="maps-make">
          {maps ? t.maps.again : t.maps.make}
        </Button>
      </div>
      <Problem action={action} />
    </Section>
  );
}
