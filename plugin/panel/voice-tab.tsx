import { useEffect, useState } from "react";
import { Notice, Segments } from "./controls.tsx";
import type { PanelHost, PanelNode } from "./host.ts";
import { useHost, useStudio } from "./hooks.ts";
import { Runs } from "./train-tab.tsx";
import { useTexts } from "./texts.ts";
import { VoicePersona } from "./voice-persona.tsx";
import { VoicePrepare } from "./voice-prepare.tsx";
import { VoiceTalk } from "./voice-talk.tsx";

const parts = ["learn", "persona", "talk"] as const;
type Part = (typeof parts)[number];

/** Where a person was, by node: they are there again after a look at another tab or node. */
const places = new WeakMap<PanelHost, Map<string, Part>>();

function usePart(node: PanelNode): [Part, (part: Part) => void] {
  const host = useHost();
  const kept = places.get(host) ?? new Map<string, Part>();
  places.set(host, kept);
  const [part, setPart] = useState<Part>(() => kept.get(node.id) ?? "learn");
  useEffect(() => void kept.set(node.id, part), [kept, node.id, part]);
  return [part, setPart];
}

/** How the node speaks: what it learned to say, who it is, and a word with it. */
export function VoiceTab({ node }: { readonly node: PanelNode }) {
  const t = useTexts();
  const { voiceBase } = useStudio();
  const [part, setPart] = usePart(node);
  return (
    <div className="an-stack">
      {voiceBase === "" && (
        <Notice kind="warning" title={t.voice.noBase} testId="no-voice-base">
          <span>{t.voice.noBaseHint}</span>
          <code className="an-code">npm start -- --voice-base FOLDER</code>
        </Notice>
      )}
      <Segments
        label={t.tabs.voice}
        value={part}
        onChange={setPart}
        options={parts.map((each) => [each, t.voice.parts[each]] as const)}
        testId="voice-part"
      />
      {part === "learn" && (
        <Runs
          node={node}
          kind="train-voice"
          prepare={(onStarted) => <VoicePrepare node={node} onStarted={onStarted} />}
          onUse={() => setPart("talk")}
        />
      )}
      {part === "persona" && <VoicePersona node={node} />}
      {part === "talk" && <VoiceTalk node={node} onPersona={() => setPart("persona")} />}
    </div>
  );
}
