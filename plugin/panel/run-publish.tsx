import { useState } from "react";
import { displayName, limits, type JobState } from "../../service/protocol/index.ts";
import { Button, Notice, Problem, Section, TextInput } from "./controls.tsx";
import type { PanelNode } from "./host.ts";
import { useAction, useHost, useStudio, useTag } from "./hooks.ts";
import { attachTaught, attachVoice } from "./tag-edits.ts";
import { useTexts } from "./texts.ts";

/** Whether a training teaches how something speaks. */
export const isVoice = ({ kind }: Pick<JobState, "kind">): boolean => kind === "train-voice";

interface PublishProps {
  readonly job: JobState;
  readonly node: PanelNode;
  /** The saved step that was chosen. */
  readonly step: number | undefined;
  readonly onUse: () => void;
}

interface Published {
  readonly moduleId: string;
  readonly version: number;
  readonly name: string;
}

/** From the chosen step to a module version on the node. */
export function RunPublish({ job, node, step, onUse }: PublishProps) {
  const t = useTexts();
  const { studio } = useHost();
  const { modules } = useStudio();
  const action = useAction();
  const [name, setName] = useState(job.name);
  const [description, setDescription] = useState("");
  const [made, setMade] = useState<Published & { readonly step: number }>();
  const nameFits = displayName.safeParse(name).success;

  // Published in an earlier visit: the library knows its name and version.
  const known = modules.get(job.moduleId);
  const before: Published | undefined = known && { moduleId: known.id, version: known.version, name: known.name };
  const published = made ?? before;
  const again = made !== undefined && made.step !== step;

  const publish = (): void =>
    action.run(async () => {
      const reply = await studio.request("module.publish", {
        jobId: job.id,
        step: step!,
        name: name.trim(),
        description,
      });
      setMade({ moduleId: reply.moduleId, version: reply.version, name: name.trim(), step: step! });
    });

  return (
    <Section title={step === undefined ? t.run.publish : t.run.publishTitle(step)} testId="publish-section">
      <Problem action={action} />
      {published && <Attach published={published} job={job} node={node} onUse={onUse} />}
      {(published === undefined || again || made === undefined) && (
        <>
          <p className="an-hint">{t.run.publishHint}</p>
          <TextInput
            label={t.train.name}
            value={name}
            onChange={setName}
            problem={nameFits ? undefined : t.train.nameInvalid}
            max={limits.nameCharsMax}
            testId="publish-name"
          />
          <TextInput
            label={`${t.run.description} (${t.optional})`}
            value={description}
            onChange={setDescription}
            rows={2}
            max={2000}
            testId="publish-description"
          />
          <div className="an-row an-spread">
            <span className="an-hint">{step === undefined ? t.run.chooseFirst : ""}</span>
            <Button
              look={published === undefined ? "primary" : "plain"}
              busy={action.busy}
              disabled={step === undefined || !nameFits}
              onClick={publish}
              testId="publish"
            >
              {action.busy ? t.run.publishing : t.run.publish}
            </Button>
          </div>
        </>
      )}
    </Section>
  );
}

interface AttachProps {
  readonly published: Published;
  readonly job: JobState;
  readonly node: PanelNode;
  readonly onUse: () => void;
}

function Attach({ published, job, node, onUse }: AttachProps) {
  const t = useTexts();
  const { modules } = useStudio();
  const action = useAction();
  const { tag, edit } = useTag(node);
  const { moduleId, version, name } = published;
  const speaks = isVoice(job);
  const stack = speaks ? (tag.voice?.modules ?? []) : tag.modules;
  const attached = stack.some((each) => each.module === moduleId && (each.version ?? version) === version);
  const attach = (): void =>
    action.run(() =>
      edit(
        speaks
          ? attachVoice(tag, moduleId, version, node.name)
          : attachTaught(tag, moduleId, version, modules.get(moduleId)?.triggerWord ?? ""),
      ),
    );
  return (
    <>
      <Notice kind="good" title={t.run.published(name, version)} testId="published">
        <div className="an-row">
          {attached ? (
            <>
              <span data-testid="attached">{t.run.attached(node.name)}</span>
              <Button look="primary" onClick={onUse} testId={speaks ? "go-talk" : "go-generate"}>
                {speaks ? t.voice.toTalk : t.run.toGenerate}
              </Button>
            </>
          ) : (
            <Button look="primary" icon="plus" onClick={attach} busy={action.busy} testId="attach">
              {t.run.attach(node.name)}
            </Button>
          )}
        </div>
      </Notice>
      <Problem action={action} />
    </>
  );
}
