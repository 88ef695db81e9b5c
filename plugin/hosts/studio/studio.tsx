import { useEffect, useRef, useState, type RefObject } from "react";
import type { Language } from "../../../service/protocol/index.ts";
import { failureText } from "../../core/index.ts";
import {
  Button,
  LanguageContext,
  Notice,
  Panel,
  preferredLanguage,
  texts,
  useLanguage,
  useTexts,
} from "../../panel/index.ts";
import { AskBox } from "./ask-box.tsx";
import { startCalm } from "./calm.ts";
import { Chat } from "./chat.tsx";
import { NodeList } from "./node-list.tsx";
import type { PageAddress } from "./page-address.ts";
import { usePreference, useSystemDark } from "./preferences.ts";
import { startStudio, type Running } from "./start-studio.ts";
import { Splitter } from "./splitter.tsx";
import { TopBar } from "./top-bar.tsx";
import { startWalking } from "./walk.ts";

type Theme = "system" | "light" | "dark";

/** The page: language, theme, and the scene with whatever the role allows around it. */
export function Studio({ address }: { readonly address: PageAddress }) {
  const [language, setLanguage] = usePreference<Language>("language", preferredLanguage(navigator.languages));
  const [theme, setTheme] = usePreference<Theme>("theme", "system");
  const systemDark = useSystemDark();
  const dark = theme === "system" ? systemDark : theme === "dark";
  useEffect(() => {
    document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
    document.documentElement.style.colorScheme = dark ? "dark" : "light";
  }, [language, dark]);
  return (
    <LanguageContext.Provider value={language}>
      <div className="animula studio" data-theme={dark ? "dark" : "light"} data-role={address.role}>
        <Page
          address={address}
          language={language}
          onLanguage={() => setLanguage(language === "zh" ? "en" : "zh")}
          dark={dark}
          onTheme={() => setTheme(dark ? "light" : "dark")}
        />
      </div>
    </LanguageContext.Provider>
  );
}

interface PageProps {
  readonly address: PageAddress;
  readonly language: Language;
  readonly onLanguage: () => void;
  readonly dark: boolean;
  readonly onTheme: () => void;
}

type Stage = { readonly at: "loading"; readonly share: number } | { readonly at: "failed"; readonly error: unknown };

function Page({ address, language, onLanguage, dark, onTheme }: PageProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [running, setRunning] = useState<Running>();
  const [stage, setStage] = useState<Stage>({ at: "loading", share: 0 });
  const [warning, setWarning] = useState<unknown>();
  const [panelWidth, setPanelWidth] = usePreference<string>("panel-width", "430");

  useEffect(() => {
    const ends: (() => void)[] = [];
    startStudio({
      address,
      canvas: canvas.current!,
      language,
      sceneName: texts[language].studio.wholeScene,
      onProgress: (share) => setStage({ at: "loading", share }),
      onError: setWarning,
    })
      .then((started) => {
        ends.push(startWalking(started.world, canvas.current!, address.role));
        ends.push(startCalm(started.opened.engine, document.documentElement));
        // Whoever closes the page is gone at once; a connection that merely drops keeps its place.
        addEventListener("pagehide", () => void started.world.connection.leave());
        // For the browser's console: `animula.host.nodes`, `animula.world.connection.state.slots` …
        Object.assign(globalThis, { animula: started });
        setRunning(started);
      })
      .catch((error: unknown) => setStage({ at: "failed", error }));
    return () => ends.forEach((end) => end());
    // The page lives as long as its scene: another scene is another page.
  }, []);

  const host = running?.host;
  const editor = address.role === "editor";
  return (
    <>
      {editor && (
        <TopBar
          address={address}
          running={running}
          dark={dark}
          onLanguage={onLanguage}
          onTheme={onTheme}
          onProblem={setWarning}
        />
      )}
      <div className="studio-body" style={{ "--panel-width": `${panelWidth}px` } as React.CSSProperties}>
        {editor && <NodeList host={host} />}
        <main className="studio-stage">
          <Scene canvas={canvas} ready={running !== undefined} />
          {running === undefined && <Curtain stage={stage} />}
          {warning !== undefined && <Warning error={warning} onClose={() => setWarning(undefined)} />}
          {host !== undefined && <BadTags names={host.badTags} />}
          {running && <Chat connection={running.world.connection} />}
          {running && !editor && <AskBox world={running.world} />}
        </main>
        {editor && (
          <>
            <Splitter width={Number(panelWidth)} onWidth={(width) => setPanelWidth(String(width))} />
            <aside className="studio-panel" id="panel">
              {host && <Panel host={host} language={language} />}
            </aside>
          </>
        )}
      </div>
    </>
  );
}

function Scene({ canvas, ready }: { readonly canvas: RefObject<HTMLCanvasElement>; readonly ready: boolean }) {
  const t = useTexts();
  // Babylon focuses the canvas by script, which browsers take for the keyboard's doing: no ring after a click.
  const [clicked, setClicked] = useState(false);
  return (
    <canvas
      ref={canvas}
      onPointerDown={() => setClicked(true)}
      onBlur={() => setClicked(false)}
      data-clicked={clicked}
      className="studio-canvas"
      tabIndex={0}
      aria-label={t.studio.canvas}
      data-testid="canvas"
      data-ready={ready}
    />
  );
}

/** What covers the canvas until there is a scene, or why there is none. */
function Curtain({ stage }: { readonly stage: Stage }) {
  const t = useTexts();
  const language = useLanguage();
  return (
    <div className="studio-curtain">
      {stage.at === "loading" ? (
        <div className="studio-loading" role="status">
          <div className="an-bar">
            <span style={{ transform: `scaleX(${Math.max(0.04, stage.share)})` }} />
          </div>
          <span>{t.studio.loadingScene}</span>
        </div>
      ) : (
        <Notice kind="error" title={t.studio.sceneFailed} testId="start-failed">
          <span>{failureText(stage.error, language)}</span>
          <div>
            <Button onClick={() => location.reload()}>{t.studio.reload}</Button>
          </div>
        </Notice>
      )}
    </div>
  );
}

function Warning({ error, onClose }: { readonly error: unknown; readonly onClose: () => void }) {
  const language = useLanguage();
  return (
    <div className="studio-toast">
      <Notice kind="error" onClose={onClose} testId="warning">
        {failureText(error, language)}
      </Notice>
    </div>
  );
}

function BadTags({ names }: { readonly names: readonly string[] }) {
  const t = useTexts();
  const [closed, setClosed] = useState(false);
  if (closed || names.length === 0) return null;
  return (
    <div className="studio-toast">
      <Notice kind="warning" title={t.studio.badTags} onClose={() => setClosed(true)}>
        {names.join(", ")}
      </Notice>
    </div>
  );
}
