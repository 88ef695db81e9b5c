import { useCallback, useEffect, useState, useSyncExternalStore, type FormEvent } from "react";
import { limits, type MemoryFact } from "../../service/protocol/index.ts";
import { Button, ConfirmButton, Problem, Section } from "./controls.tsx";
import { formatWhen } from "./format.ts";
import type { PanelNode } from "./host.ts";
import { useAction, useHost } from "./hooks.ts";
import { useLanguage, useTexts } from "./texts.ts";

/** The facts of a node, and what can be done with them. */
function useFacts(nodeId: string) {
  const { scene } = useHost();
  const action = useAction();
  const [facts, setFacts] = useState<readonly MemoryFact[]>();
  const { run } = action;
  useEffect(() => {
    let stale = false;
    run(async () => {
      const reply = await scene.request("memory.show", { nodeId });
      if (!stale) setFacts(reply.facts);
    });
    return () => {
      stale = true;
    };
  }, [scene, nodeId, run]);
  const add = useCallback(
    async (text: string) => setFacts((await scene.request("memory.add", { nodeId, text })).facts),
    [scene, nodeId],
  );
  /** All of them where none is named. */
  const forget = useCallback(
    async (factId?: string) => {
      const wish = factId === undefined ? { nodeId } : { nodeId, factId };
      setFacts((await scene.request("memory.forget", wish)).facts);
    },
    [scene, nodeId],
  );
  return { facts, add, forget, action };
}

/** What the node keeps in mind about the world and its people, whoever speaks to it; what was said is forgotten here too. */
export function VoiceMemory({ node }: { readonly node: PanelNode }) {
  const t = useTexts();
  const { facts, add, forget, action } = useFacts(node.id);
  const { talks } = useHost();
  useSyncExternalStore(talks.onChange, () => talks.revision);
  const hasMemory = (facts?.length ?? 0) > 0 || talks.of(node.id).length > 0;
  const [text, setText] = useState("");
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    const fact = text.trim();
    if (fact === "") return;
    action.run(async () => {
      await add(fact);
      setText("");
    });
  };
  const forgetAll = (
    <ConfirmButton onClick={() => action.run(() => forget())} testId="forget-all">
      {t.voice.forgetAll}
    </ConfirmButton>
  );
  return (
    <Section title={t.voice.memory} hint={t.voice.memoryHint} aside={hasMemory && forgetAll} testId="memory">
      <ul className="an-list an-facts-kept">
        {facts?.map((fact) => (
          <FactRow key={fact.id} fact={fact} onForget={() => action.run(() => forget(fact.id))} />
        ))}
      </ul>
      {facts?.length === 0 && <p className="an-hint">{t.voice.memoryEmpty}</p>}
      <form className="an-row an-bottom" onSubmit={onSubmit}>
        <input
          className="an-input an-grow"
          value={text}
          maxLength={limits.factCharsMax}
          placeholder={t.voice.factPlaceholder}
          aria-label={t.voice.addFact}
          onChange={(event) => setText(event.target.value)}
          data-testid="memory-text"
        />
        <Button icon="plus" submit busy={action.busy} testId="memory-add">
          {t.voice.addFact}
        </Button>
      </form>
      <Problem action={action} />
    </Section>
  );
}

function FactRow({ fact, onForget }: { readonly fact: MemoryFact; readonly onForget: () => void }) {
  const t = useTexts();
  const language = useLanguage();
  return (
    <li className="an-row an-spread" data-testid="fact">
      <span className="an-grow" dir="auto">
        {fact.text}
        <small className="an-line">{t.generate.by(fact.by, formatWhen(fact.at, language))}</small>
      </span>
      <Button look="quiet" icon="close" label={t.voice.forget(fact.text)} onClick={onForget} testId="forget" />
    </li>
  );
}
