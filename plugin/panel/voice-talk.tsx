import { useEffect, useRef, useState, useSyncExternalStore, type FormEvent } from "react";
import { limits } from "../../service/protocol/index.ts";
import { failureText, type Exchange } from "../core/index.ts";
import { Button, Empty, Problem, Section } from "./controls.tsx";
import type { PanelNode } from "./host.ts";
import { useAction, useHost, useStudio, useTag } from "./hooks.ts";
import { newVoice, setVoice } from "./tag-edits.ts";
import { useLanguage, useTexts } from "./texts.ts";
import { VoiceMemory } from "./voice-memory.tsx";

/** A word with the node, as a player would have it, and what it keeps in mind. */
export function VoiceTalk({ node, onPersona }: { readonly node: PanelNode; readonly onPersona: () => void }) {
  const t = useTexts();
  const action = useAction();
  const { voiceBase } = useStudio();
  const { tag, edit } = useTag(node);
  if (tag.voice === undefined) {
    return (
      <>
        <Empty icon="voice" title={t.voice.mute}>
          <p>{t.voice.muteHint}</p>
          <Button
            look="primary"
            busy={action.busy}
            onClick={() =>
              action.run(async () => {
                await edit(setVoice(tag, newVoice(node.name)));
                onPersona();
              })
            }
            testId="give-voice"
          >
            {t.voice.give}
          </Button>
        </Empty>
        <Problem action={action} />
      </>
    );
  }
  return (
    <>
      <Conversation node={node} name={tag.voice.name || node.name} canTalk={voiceBase !== ""} />
      <VoiceMemory node={node} />
    </>
  );
}

interface ConversationProps {
  readonly node: PanelNode;
  readonly name: string;
  readonly canTalk: boolean;
}

function Conversation({ node, name, canTalk }: ConversationProps) {
  const t = useTexts();
  const { scene, talks } = useHost();
  const action = useAction();
  const revision = useSyncExternalStore(talks.onChange, () => talks.revision);
  const [text, setText] = useState("");
  const box = useRef<HTMLOListElement>(null);
  const exchanges = talks.of(node.id);
  useEffect(() => {
    box.current?.scrollTo({ top: box.current.scrollHeight });
  }, [revision]);
  const send = (event: FormEvent): void => {
    event.preventDefault();
    const said = text.trim();
    if (said === "" || !canTalk) return;
    setText("");
    action.run(async () => {
      try {
        await scene.request("say", { nodeId: node.id, text: said });
      } catch (error) {
        // What was not heard is not lost.
        setText((now) => (now === "" ? said : now));
        throw error;
      }
    });
  };
  return (
    <Section title={t.voice.talkTo(name)} hint={t.voice.talkHint} testId="talk">
      <ol
        className="an-talk"
        ref={box}
        role="log"
        tabIndex={0}
        aria-label={t.voice.talkTo(name)}
        data-testid="talk-log"
      >
        {exchanges.length === 0 && <li className="an-hint">{t.voice.talkEmpty}</li>}
        {exchanges.map((exchange) => (
          <Turn key={exchange.replyId} exchange={exchange} />
        ))}
      </ol>
      <form className="an-row an-bottom" onSubmit={send}>
        <input
          className="an-input an-grow"
          value={text}
          maxLength={limits.sayCharsMax}
          placeholder={t.voice.sayTo(name)}
          aria-label={t.voice.sayTo(name)}
          autoComplete="off"
          onChange={(event) => setText(event.target.value)}
          data-testid="talk-say"
        />
        <Button look="primary" icon="send" submit disabled={!canTalk} testId="talk-send">
          {t.studio.send}
        </Button>
      </form>
      <Problem action={action} />
    </Section>
  );
}

function Turn({ exchange }: { readonly exchange: Exchange }) {
  const t = useTexts();
  const language = useLanguage();
  const { from, said, name, text, isOver, error } = exchange;
  return (
    <li>
      <p className="an-mine">
        <small>{from}</small>
        <span dir="auto">{said}</span>
      </p>
      <p className="an-theirs" aria-busy={!isOver}>
        <small>{name}</small>
        <span dir="auto" data-testid="talk-reply" data-over={isOver}>
          {text}
        </span>
        {isOver && !error && text.trim() === "" && <em className="an-hint">{t.voice.silence}</em>}
        {error && <em className="an-warn">{failureText(error, language)}</em>}
      </p>
    </li>
  );
}
