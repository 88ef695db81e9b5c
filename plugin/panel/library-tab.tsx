import { useEffect, useState } from "react";
import type { ModuleReply, ModuleState, ModuleVersion } from "../../service/protocol/index.ts";
import { Button, Empty, Fold, Problem, Spinner } from "./controls.tsx";
import { formatBytes, formatWhen } from "./format.ts";
import type { PanelNode } from "./host.ts";
import { useAction, useHost, useStudio, useTag } from "./hooks.ts";
import { Icon } from "./icons.tsx";
import { findModules } from "./module-picker.tsx";
import { VoiceMark } from "./module-stack.tsx";
import { saveFile } from "./save-file.ts";
import { attachModule, attachVoice } from "./tag-edits.ts";
import { useLanguage, useTexts } from "./texts.ts";
import { Thumb } from "./thumb.tsx";

/** All modules of the service: find, look into, download, attach to the selected node. */
export function LibraryTab({ node }: { readonly node: PanelNode | undefined }) {
  const t = useTexts();
  const { modules } = useStudio();
  const [query, setQuery] = useState("");
  const [open, setOpen] = useState<string>();
  const found = findModules(modules.values(), query);
  if (modules.size === 0) {
    return (
      <Empty icon="folder" title={t.library.empty}>
        <p>{t.library.emptyHint}</p>
      </Empty>
    );
  }
  return (
    <div className="an-stack">
      <label className="an-search">
        <Icon name="search" />
        <span className="an-hidden">{t.library.search}</span>
        <input
          type="search"
          className="an-input"
          value={query}
          placeholder={t.library.search}
          onChange={(event) => setQuery(event.target.value)}
          data-testid="library-search"
        />
      </label>
      <p className="an-hint" role="status">
        {found.length === 0 ? t.library.noMatch : t.library.count(found.length)}
      </p>
      <ul className="an-list">
        {found.map((module) => (
          <li key={module.id} className="an-card an-entry" data-testid={`module-${module.id}`}>
            <button
              type="button"
              className="an-pick"
              aria-expanded={open === module.id}
              onClick={() => setOpen(open === module.id ? undefined : module.id)}
            >
              {module.kind === "voice" ? <VoiceMark size={52} /> : <Thumb sha256={module.preview} alt="" size={52} />}
              <span className="an-grow">
                <strong className="an-clip">{module.name}</strong>
                <small className="an-line">
                  {[module.triggerWord, module.owner].filter((part) => part !== "").join(" · ")}
                </small>
              </span>
              <span className="an-badge an-number">{t.version(module.version)}</span>
            </button>
            {open === module.id && <ModuleDetail module={module} node={node} />}
          </li>
        ))}
      </ul>
    </div>
  );
}

function ModuleDetail({ module, node }: { readonly module: ModuleState; readonly node: PanelNode | undefined }) {
  const t = useTexts();
  const { client } = useHost();
  const action = useAction();
  const [detail, setDetail] = useState<ModuleReply>();
  const { run } = action;
  useEffect(() => {
    run(async () => setDetail(await client.module(module.id)));
  }, [client, module.id, module.version, run]);
  const facts: readonly (readonly [string, string])[] = [
    [t.library.trigger, module.triggerWord],
    [t.library.owner, module.owner],
    [t.library.base, module.baseModel],
  ];
  return (
    <div className="an-detail">
      {module.description !== "" && <p>{module.description}</p>}
      <dl className="an-pairs">
        {facts
          .filter(([, value]) => value !== "")
          .map(([label, value]) => (
            <div key={label}>
              <dt>{label}</dt>
              <dd>{value}</dd>
            </div>
          ))}
      </dl>
      {node && <AttachButton module={module} node={node} />}
      {detail === undefined && action.busy && <Spinner />}
      {detail && (
        <ul className="an-list" aria-label={t.library.versions}>
          {detail.versions
            .toSorted((a, b) => b.version - a.version)
            .map((version) => (
              <VersionRow key={version.version} module={module} version={version} />
            ))}
        </ul>
      )}
      <Problem action={action} />
    </div>
  );
}

function AttachButton({ module, node }: { readonly module: ModuleState; readonly node: PanelNode }) {
  const t = useTexts();
  const action = useAction();
  const { tag, edit } = useTag(node);
  const speaks = module.kind === "voice";
  // The whole scene has a style, but nothing to say.
  if (speaks && node.kind === "scene") return null;
  const stack = speaks ? (tag.voice?.modules ?? []) : tag.modules;
  const attached = stack.some((each) => each.module === module.id);
  const attach = (): Promise<void> =>
    edit(
      speaks
        ? attachVoice(tag, module.id, module.version, node.name)
        : attachModule(tag, module.id, module.version, module.triggerWord),
    );
  return (
    <>
      <Button
        icon={attached ? "check" : "plus"}
        disabled={attached}
        busy={action.busy}
        onClick={() => action.run(attach)}
        testId={`library-attach-${module.id}`}
      >
        {attached ? t.library.attached : t.library.attach(node.name)}
      </Button>
      <Problem action={action} />
    </>
  );
}

function VersionRow({ module, version }: { readonly module: ModuleState; readonly version: ModuleVersion }) {
  const t = useTexts();
  const language = useLanguage();
  const { client } = useHost();
  const action = useAction();
  const download = (): void =>
    action.run(async () => {
      saveFile(await client.moduleFile(module.id, version.version), `${module.name}-v${version.version}.safetensors`);
    });
  const about = [t.library.rank(version.rank), formatBytes(version.bytes), formatWhen(version.createdAt, language)];
  return (
    <li>
      <div className="an-row an-spread">
        <span>
          <b>{t.version(version.version)}</b> <small>{about.join(" · ")}</small>
        </span>
        <Button
          look="quiet"
          icon="download"
          label={t.library.downloadOf(module.name, version.version)}
          busy={action.busy}
          onClick={download}
          testId={`download-${module.id}-${version.version}`}
        />
      </div>
      <Fold title={t.library.provenance}>
        <pre className="an-log" tabIndex={0}>
          {JSON.stringify(version.provenance, null, 2)}
        </pre>
      </Fold>
      <Problem action={action} />
    </li>
  );
}
