import { useMemo, useState, useSyncExternalStore, type KeyboardEvent } from "react";
import { slotKey } from "../../../service/protocol/index.ts";
import { Icon, useTexts, type PanelNode } from "../../panel/index.ts";
import { WHOLE_SCENE } from "./scene-file.ts";
import type { StudioHost } from "./studio-host.ts";

const groups = ["character", "surface", "other"] as const;

/** Everything that can be selected; one stop for Tab, arrows move the selection. */
export function NodeList({ host }: { readonly host: StudioHost | undefined }) {
  const t = useTexts();
  return (
    <nav className="studio-nodes" aria-label={t.studio.nodes}>
      {host && <Nodes host={host} />}
    </nav>
  );
}

function Nodes({ host }: { readonly host: StudioHost }) {
  const t = useTexts();
  const [query, setQuery] = useState("");
  const selected = useSyncExternalStore(host.selection.onChange, host.selection.get);
  const words = query.trim().toLowerCase();
  const shown = host.nodes.filter(({ id, name }) => `${name} ${id}`.toLowerCase().includes(words));
  // In the order of the screen, so that arrow keys go where the eye goes.
  const inOrder = shown.toSorted((a, b) => groupOf(a) - groupOf(b));

  const onKeyDown = (event: KeyboardEvent): void => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by === undefined || inOrder.length === 0) return;
    event.preventDefault();
    const at = inOrder.findIndex(({ id }) => id === selected?.id);
    const next = inOrder[at < 0 ? 0 : Math.min(inOrder.length - 1, Math.max(0, at + by))]!;
    host.select(next.id, true);
    document.getElementById(`option-${next.id}`)?.scrollIntoView({ block: "nearest" });
  };

  return (
    <>
      <label className="an-search">
        <Icon name="search" />
        <span className="an-hidden">{t.studio.searchNodes}</span>
        <input
          className="an-input"
          value={query}
          placeholder={t.studio.searchNodes}
          onChange={(event) => setQuery(event.target.value)}
        />
      </label>
      <div
        className="studio-tree"
        role="listbox"
        tabIndex={0}
        aria-label={t.studio.nodes}
        aria-activedescendant={selected && `option-${selected.id}`}
        onKeyDown={onKeyDown}
        data-testid="node-list"
      >
        {shown
          .filter(({ kind }) => kind === "scene")
          .map((node) => (
            <NodeOption key={node.id} host={host} node={node} selected={selected} />
          ))}
        {groups.map((group) => (
          <NodeGroup key={group} host={host} group={group} nodes={shown} selected={selected} />
        ))}
      </div>
    </>
  );
}

const groupOf = ({ kind }: PanelNode): number => (kind === "scene" ? -1 : groups.indexOf(kind));

interface GroupProps {
  readonly host: StudioHost;
  readonly group: (typeof groups)[number];
  readonly nodes: readonly PanelNode[];
  readonly selected: PanelNode | undefined;
}

function NodeGroup({ host, group, nodes, selected }: GroupProps) {
  const t = useTexts();
  const members = nodes.filter(({ kind }) => kind === group);
  if (members.length === 0) return null;
  return (
    <div role="group" aria-label={t.studio.groups[group]}>
      <div className="studio-group" aria-hidden="true">
        {t.studio.groups[group]} <span>{members.length}</span>
      </div>
      {members.map((node) => (
        <NodeOption key={node.id} host={host} node={node} selected={selected} />
      ))}
    </div>
  );
}

interface OptionProps {
  readonly host: StudioHost;
  readonly node: PanelNode;
  readonly selected: PanelNode | undefined;
}

function NodeOption({ host, node, selected }: OptionProps) {
  const t = useTexts();
  const { scene, studio, client } = host;
  const revision = useSyncExternalStore(host.tagsRevision.onChange, host.tagsRevision.get);
  const modules = useMemo(() => host.tagOf(node.id)?.modules.length ?? 0, [host, node.id, revision]);
  const picture = useSyncExternalStore(
    scene.onChange,
    () => scene.state.slots.get(slotKey(node.id, node.slots[0] ?? "albedo"))?.sha256 ?? "",
  );
  const training = useSyncExternalStore(studio.onChange, () =>
    [...studio.state.jobs.values()].some(
      ({ nodeId, kind, status }) =>
        nodeId === node.id && kind !== "draw" && (status === "running" || status === "queued"),
    ),
  );
  const name = node.id === WHOLE_SCENE ? t.studio.wholeScene : node.name;
  return (
    <div
      role="option"
      id={`option-${node.id}`}
      className="studio-node"
      aria-selected={selected?.id === node.id}
      onClick={() => host.select(node.id, true)}
      data-testid={`node-${node.id}`}
    >
      {picture === "" ? (
        <span className="studio-node-icon">
          <Icon name={node.kind === "character" ? "person" : node.kind} />
        </span>
      ) : (
        <img className="studio-node-icon" src={client.assetUrl(picture)} alt="" data-sha256={picture} />
      )}
      <span className="an-grow an-clip" title={name}>
        {name}
      </span>
      {training && <span className="an-live" role="img" aria-label={t.studio.trainingNow} />}
      {modules > 0 && (
        <span className="studio-count an-number" title={t.studio.tagged}>
          <Icon name="tag" />
          {modules}
        </span>
      )}
    </div>
  );
}
