import { useEffect, useState } from "react";
import { limits, type SlotKind } from "../../service/protocol/index.ts";
import { Button, Check, Empty, Fold, Problem, Section, Segments, Select, TextInput } from "./controls.tsx";
import { drawRequestOf, initialDrawForm, stepsFor, type DrawForm } from "./draw-form.ts";
import type { PanelHost, PanelNode } from "./host.ts";
import { useAction, useHost, useStudio, useTag } from "./hooks.ts";
import { Icon } from "./icons.tsx";
import { freshSeed } from "./seeds.ts";
import { SeedGrid } from "./seed-grid.tsx";
import { SlotHistory } from "./slot-history.tsx";
import { SurfaceMapsSection } from "./surface-maps.tsx";
import { useTexts } from "./texts.ts";

interface Draft {
  readonly kind: SlotKind;
  readonly form: DrawForm;
  readonly jobs: Partial<Record<SlotKind, { readonly id: string; readonly seeds: readonly number[] }>>;
}

/** What a person left in the tab, by node: it is there again after a look at another tab or node. */
const drafts = new WeakMap<PanelHost, Map<string, Draft>>();

function useDraft(node: PanelNode): [Draft, (change: (now: Draft) => Draft) => void] {
  const host = useHost();
  const kept = drafts.get(host) ?? new Map<string, Draft>();
  drafts.set(host, kept);
  const [draft, setDraft] = useState<Draft>(
    () => kept.get(node.id) ?? { kind: node.slots[0] ?? "portrait", form: initialDrawForm, jobs: {} },
  );
  useEffect(() => void kept.set(node.id, draft), [kept, node.id, draft]);
  return [draft, setDraft];
}

/** Pictures for the node's slots: drawn by seed, chosen by eye, applied for everyone. */
export function GenerateTab({ node }: { readonly node: PanelNode }) {
  const t = useTexts();
  const { studio } = useHost();
  const action = useAction();
  const { tag } = useTag(node);
  const [{ kind, form, jobs }, change] = useDraft(node);
  if (node.slots.length === 0) return <Empty icon="image" title={t.generate.noSlots} />;

  const draw = (): void =>
    action.run(async () => {
      const request = drawRequestOf(form, tag, node.id, kind);
      const { jobId } = await studio.request("draw", request);
      change((now) => ({ ...now, jobs: { ...now.jobs, [kind]: { id: jobId, seeds: request.seeds } } }));
    });

  return (
    <div className="an-stack">
      {node.slots.length > 1 && (
        <Segments
          label={t.generate.what}
          value={kind}
          onChange={(next) => change((now) => ({ ...now, kind: next }))}
          options={node.slots.map((slot) => [slot, t.slots[slot]] as const)}
          testId="slot-kind"
        />
      )}
      <Section title={t.slots[kind]}>
        <DrawFields
          kind={kind}
          form={form}
          onChange={(next) => change((now) => ({ ...now, form: next }))}
          prompt={tag.prompt}
          negative={tag.negative}
        />
        <StackLine node={node} />
        <div className="an-row an-spread">
          <span />
          <Button look="primary" onClick={draw} busy={action.busy} testId="generate">
            {t.generate.generate}
          </Button>
        </div>
        <Problem action={action} />
      </Section>
      <SeedGrid key={kind} node={node} kind={kind} wanted={jobs[kind]} />
      {kind === "albedo" && <SurfaceMapsSection key={node.id} node={node} />}
      <SlotHistory key={`${kind}-history`} node={node} kind={kind} />
    </div>
  );
}

interface FieldsProps {
  readonly kind: SlotKind;
  readonly form: DrawForm;
  readonly onChange: (form: DrawForm) => void;
  readonly prompt: string;
  readonly negative: string;
}

function DrawFields({ kind, form, onChange, prompt, negative }: FieldsProps) {
  const t = useTexts();
  const set = (change: Partial<DrawForm>): void => onChange({ ...form, ...change });
  return (
    <>
      {prompt !== "" && (
        <p className="an-quote">
          <small>{t.generate.begins}</small> {prompt}
        </p>
      )}
      <TextInput
        label={t.generate.prompt}
        value={form.prompt}
        onChange={(text) => set({ prompt: text })}
        placeholder={t.generate.promptPlaceholder[kind]}
        hint={prompt === "" ? undefined : t.generate.promptHint}
        rows={2}
        max={limits.promptCharsMax}
        testId="draw-prompt"
      />
      <TextInput
        label={t.generate.negative}
        value={form.negative}
        onChange={(text) => set({ negative: text })}
        placeholder={negative}
        max={limits.promptCharsMax}
        testId="draw-negative"
      />
      <div className="an-columns">
        <Select
          label={t.generate.pictures}
          value={form.count}
          onChange={(count) => set({ count })}
          options={["1", "2", "4", "6", "8", "12", "16"].map((n) => [n, n] as const)}
          testId="draw-count"
        />
        <div className="an-row an-bottom">
          <TextInput
            label={t.generate.seed}
            value={form.seed}
            onChange={(seed) => set({ seed })}
            numeric
            testId="draw-seed"
          />
          <Button icon="dice" label={t.generate.shuffle} onClick={() => set({ seed: String(freshSeed()) })} />
        </div>
      </div>
      {kind === "albedo" && (
        <Check
          label={t.generate.tiling}
          hint={t.generate.tilingHint}
          checked={form.tiling}
          onChange={(tiling) => set({ tiling })}
          testId="draw-tiling"
        />
      )}
      <DrawAdvanced form={form} set={set} />
    </>
  );
}

function DrawAdvanced({ form, set }: { readonly form: DrawForm; readonly set: (change: Partial<DrawForm>) => void }) {
  const t = useTexts();
  return (
    <Fold title={t.generate.advanced}>
      <div className="an-columns">
        <TextInput
          label={t.generate.steps}
          value={form.steps}
          onChange={(steps) => set({ steps })}
          numeric
          testId="draw-steps"
        />
        <TextInput
          label={t.generate.guidance}
          value={form.guidance}
          onChange={(guidance) => set({ guidance })}
          hint={t.generate.guidanceHint}
          placeholder={t.train.auto}
          numeric
        />
        <Select
          label={t.generate.sampler}
          value={form.sampler}
          onChange={(sampler) => set({ sampler, steps: stepsFor(sampler) })}
          options={(["DPM++ 2M", "Euler", "Euler a", "DDIM", "LCM"] as const).map((name) => [name, name] as const)}
        />
      </div>
    </Fold>
  );
}

function StackLine({ node }: { readonly node: PanelNode }) {
  const t = useTexts();
  const { modules } = useStudio();
  const { tag } = useTag(node);
  if (tag.modules.length === 0) return <p className="an-hint">{t.generate.noStack}</p>;
  return (
    <p className="an-chips" aria-label={t.generate.stack}>
      {tag.modules.map(({ module, weight }) => (
        <span key={module} className="an-chip">
          <Icon name="tag" /> {modules.get(module)?.name ?? module} <b className="an-number">{weight}</b>
        </span>
      ))}
    </p>
  );
}
