import { useState, useSyncExternalStore } from "react";
import type { Language } from "../../service/protocol/index.ts";
import { Empty, Notice } from "./controls.tsx";
import { GenerateTab } from "./generate-tab.tsx";
import type { PanelHost } from "./host.ts";
import { HostContext, useHost, useSelection, useStudio } from "./hooks.ts";
import { Icon } from "./icons.tsx";
import { LibraryTab } from "./library-tab.tsx";
import { Tabs, type Tab } from "./tabs.tsx";
import { TagTab } from "./tag-tab.tsx";
import { LanguageContext, useTexts } from "./texts.ts";
import { runsOf, TrainTab } from "./train-tab.tsx";
import { VoiceTab } from "./voice-tab.tsx";

type TabId = "tag" | "train" | "generate" | "voice" | "library";

export interface PanelProps {
  readonly host: PanelHost;
  readonly language: Language;
}

/** The whole panel. The element around it carries the class `animula` and, if not the system's, `data-theme`. */
export function Panel({ host, language }: PanelProps) {
  return (
    <LanguageContext.Provider value={language}>
      <HostContext.Provider value={host}>
        <PanelBody />
      </HostContext.Provider>
    </LanguageContext.Provider>
  );
}

function PanelBody() {
  const t = useTexts();
  const node = useSelection();
  const { jobs } = useStudio();
  const [tab, setTab] = useState<TabId>("tag");
  const isLive = (kind: "train" | "train-voice"): boolean =>
    node !== undefined && runsOf(jobs.values(), node.id, kind).some((job) => job.status === "running");
  const live: Partial<Record<TabId, boolean>> = { train: isLive("train"), voice: isLive("train-voice") };
  // A scene has a style and prompts, but nothing that could be trained, drawn or said for it alone.
  const ids: readonly TabId[] =
    node === undefined || node.kind === "scene" ? ["tag", "library"] : ["tag", "train", "generate", "voice", "library"];
  const shown = ids.includes(tab) ? tab : "tag";
  const tabs: readonly Tab<TabId>[] = ids.map((id) => ({ id, title: t.tabs[id], live: live[id] === true }));
  return (
    <section className="an-panel" aria-label={t.panel} data-testid="panel">
      <header className="an-head">
        {node && (
          <>
            <Icon name={node.kind === "character" ? "person" : node.kind} />
            <h2 className="an-clip" data-testid="selected-name">
              {node.name}
            </h2>
            <small>{t.kinds[node.kind]}</small>
          </>
        )}
        {node === undefined && <h2>{t.noSelection}</h2>}
      </header>
      <Tabs label={t.panel} tabs={tabs} chosen={shown} onChoose={setTab}>
        <Connection />
        {shown === "library" && <LibraryTab node={node} />}
        {node === undefined && shown !== "library" && (
          <Empty icon="other" title={t.noSelection}>
            <p>{t.noSelectionHint}</p>
          </Empty>
        )}
        {node && shown === "tag" && <TagTab key={node.id} node={node} onTrain={() => setTab("train")} />}
        {node && shown === "train" && <TrainTab key={node.id} node={node} onGenerate={() => setTab("generate")} />}
        {node && shown === "voice" && <VoiceTab key={node.id} node={node} />}
        {node && shown === "generate" && <GenerateTab key={node.id} node={node} />}
      </Tabs>
    </section>
  );
}

/** Says so while the service is away; the rest stays as it was. */
function Connection() {
  const t = useTexts();
  const { studio, scene } = useHost();
  const studioStatus = useSyncExternalStore(studio.onChange, () => studio.status);
  const sceneStatus = useSyncExternalStore(scene.onChange, () => scene.status);
  if (studioStatus === "online" && sceneStatus === "online") return null;
  return (
    <Notice kind="warning" title={t.offline} testId="offline">
      {t.offlineHint}
    </Notice>
  );
}
