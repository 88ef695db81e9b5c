import { useEffect, useRef, useState, useSyncExternalStore, type FormEvent } from "react";
import { limits } from "../../../service/protocol/index.ts";
import { failureText, type SceneConnection } from "../../core/index.ts";
import { Button, Icon, useLanguage, useTexts } from "../../panel/index.ts";

/** What people in the scene say. Lines are text, never markup. */
export function Chat({ connection }: { readonly connection: SceneConnection }) {
  const t = useTexts();
  const language = useLanguage();
  const [open, setOpen] = useState(false);
  const [text, setText] = useState("");
  const [problem, setProblem] = useState("");
  const box = useRef<HTMLOListElement>(null);
  const latest = useSyncExternalStore(connection.onChange, () => {
    const { chat } = connection.state;
    return `${chat.length} ${chat.at(-1)?.at ?? 0}`;
  });
  const lines = [...connection.state.chat];
  useEffect(() => {
    box.current?.scrollTo({ top: box.current.scrollHeight });
  }, [latest, open]);

  const send = (event: FormEvent): void => {
    event.preventDefault();
    const said = text.trim();
    if (said === "") return;
    setProblem("");
    connection.request("chat", { text: said }).then(
      () => setText(""),
      (error: unknown) => setProblem(failureText(error, language)),
    );
  };
  return (
    <section className="studio-chat" aria-label={t.studio.chat}>
      <button
        type="button"
        className="studio-chat-head"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        data-testid="chat-toggle"
      >
        <Icon name="chat" /> {t.studio.chat}
        {lines.length > 0 && <span className="an-number">{lines.length}</span>}
      </button>
      {open && (
        <>
          <ol ref={box} role="log" tabIndex={0} aria-label={t.studio.chat} data-testid="chat-lines">
            {lines.map((line, index) => (
              <li key={`${line.at}-${index}`}>
                <b>{line.from}</b> <span dir="auto">{line.text}</span>
              </li>
            ))}
          </ol>
          <form onSubmit={send}>
            <input
              className="an-input"
              value={text}
              maxLength={limits.chatCharsMax}
              placeholder={t.studio.chatPlaceholder}
              aria-label={t.studio.chatPlaceholder}
              onChange={(event) => setText(event.target.value)}
              data-testid="chat-input"
            />
            <Button testId="chat-send" submit>
              {t.studio.send}
            </Button>
          </form>
          {problem !== "" && (
            <p className="an-hint an-warn" role="alert">
              {problem}
            </p>
          )}
        </>
      )}
    </section>
  );
}
