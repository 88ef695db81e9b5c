import { useState } from "react";
import { limits, type LoraTag, type VoiceTag } from "../../service/protocol/index.ts";
import { Button, Check, Notice, Problem, Section, TextInput } from "./controls.tsx";
import { FileDrop } from "./file-drop.tsx";
import type { PanelNode } from "./host.ts";
import { useAction, useHost, useSlot, useTag, useTyped } from "./hooks.ts";
import { ModuleStack } from "./module-stack.tsx";
import { saveFile } from "./save-file.ts";
import { newVoice, setVoice } from "./tag-edits.ts";
import { useTexts } from "./texts.ts";

/** Who speaks: whether it does, its name and persona, the mix of its voice modules, and its character card. */
export function VoicePersona({ node }: { readonly node: PanelNode }) {
  const t = useTexts();
  const action = useAction();
  const { tag, edit } = useTag(node);
  const change = (next: LoraTag): void => action.run(() => edit(next));
  const { voice } = tag;
  return (
    <div className="an-stack">
      <Check
        label={t.voice.speaks}
        hint={t.voice.speaksHint}
        checked={voice !== undefined}
        onChange={(speaks) => change(setVoice(tag, speaks ? newVoice(node.name) : undefined))}
        testId="voice-speaks"
      />
      <Problem action={action} />
      {voice !== undefined && (
        <>
          <PersonaWords node={node} voice={voice} change={(next) => change(setVoice(tag, next))} />
          <Section title={t.voice.modules} hint={t.voice.modulesHint} testId="voice-modules">
            <ModuleStack kind="voice" holder={voice} change={(next) => change(setVoice(tag, next))} />
          </Section>
        </>
      )}
      <CardSection node={node} voice={voice} put={(next) => edit(setVoice(tag, next))} />
    </div>
  );
}

interface WordsProps {
  readonly node: PanelNode;
  readonly voice: VoiceTag;
  readonly change: (voice: VoiceTag) => void;
}

function PersonaWords({ node, voice, change }: WordsProps) {
  const t = useTexts();
  const name = useTyped(voice.name, (text) => change({ ...voice, name: text.trim() }));
  const persona = useTyped(voice.persona, (text) => change({ ...voice, persona: text }));
  return (
    <Section title={t.voice.persona}>
      <TextInput
        label={t.voice.name}
        value={name.text}
        onChange={name.type}
        onLeave={name.flush}
        placeholder={node.name}
        max={limits.nameCharsMax}
        testId="voice-name"
      />
      <TextInput
        label={t.voice.personaText}
        value={persona.text}
        onChange={persona.type}
        onLeave={persona.flush}
        placeholder={t.voice.personaPlaceholder}
        hint={t.voice.personaHint}
        rows={5}
        max={limits.personaCharsMax}
        testId="voice-persona"
      />
    </Section>
  );
}

const isPng = ({ name, type }: File): boolean => type === "image/png" || /\.png$/i.test(name);

interface CardProps {
  readonly node: PanelNode;
  readonly voice: VoiceTag | undefined;
  readonly put: (voice: VoiceTag) => Promise<void>;
}

/** A character card in, and out again with every key it had. */
function CardSection({ node, voice, put }: CardProps) {
  const t = useTexts();
  const { client } = useHost();
  const action = useAction();
  const [taken, setTaken] = useState<{ readonly name: string; readonly missing: readonly string[] }>();

  const take = (files: Promise<readonly File[]>): void =>
    action.run(async () => {
      setTaken(undefined);
      const [file] = await files;
      if (file === undefined) return;
      const { voice: found, missing } = await client.importCard(isPng(file) ? file : await file.text());
      // A card that names no modules says nothing against those of the node.
      await put(found.modules.length > 0 ? found : { ...found, modules: voice?.modules ?? [] });
      setTaken({ name: found.name || node.name, missing });
    });
  const { sha256: portrait } = useSlot(node.id, "portrait");
  const save = (ending: "json" | "png"): void =>
    action.run(async () => {
      const card = await client.exportCard(voice!, ending === "png" ? portrait : undefined);
      saveFile(card, `${voice!.name || node.name}.card.${ending}`);
    });
  return (
    <Section title={t.voice.card} hint={t.voice.cardHint} testId="card">
      <FileDrop
        title={t.voice.cardDrop}
        choose={t.voice.cardImport}
        accept=".json,.png,application/json,image/png"
        busy={action.busy}
        isSlim
        onFiles={take}
        testId="card"
      >
        <Button icon="download" onClick={() => save("json")} disabled={voice === undefined} testId="card-export">
          {t.voice.cardExport}
        </Button>
        {portrait !== "" && (
          <Button
            icon="download"
            onClick={() => save("png")}
            disabled={voice === undefined}
            testId="card-export-picture"
          >
            {t.voice.cardExportPicture}
          </Button>
        )}
      </FileDrop>
      <Problem action={action} />
      {taken && (
        <Notice
          kind={taken.missing.length > 0 ? "warning" : "good"}
          onClose={() => setTaken(undefined)}
          testId="card-taken"
        >
          {t.voice.cardTaken(taken.name)}
          {taken.missing.length > 0 && <span>{t.voice.cardMissing(taken.missing.join(", "))}</span>}
        </Notice>
      )}
    </Section>
  );
}
