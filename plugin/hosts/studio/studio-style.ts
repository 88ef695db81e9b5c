/** The page around scene and panel. */
export const studioCss = /* css */ `
body {
  margin: 0;
}
.studio {
  display: flex;
  flex-direction: column;
  height: 100vh;
  height: 100dvh;
  background: var(--ground);
  overflow: hidden;
}
.studio-bar {
  display: flex;
  align-items: center;
  gap: 8px;
  height: 46px;
  flex: none;
  padding: 0 12px 0 14px;
  border-bottom: 1px solid var(--line);
  background: var(--panel);
}
.studio-mark {
  display: inline-flex;
  align-items: center;
  gap: 7px;
  font-size: 14px;
  font-weight: 680;
  letter-spacing: 0.01em;
}
.studio-mark path {
  fill: var(--accent);
}
.studio-scene {
  padding-inline-start: 10px;
  margin-inline-start: 2px;
  border-inline-start: 1px solid var(--line);
  color: var(--soft);
}
.studio-pair {
  display: flex;
  margin-inline-start: 8px;
}
.studio .an-plain:is(a) {
  text-decoration: none;
  color: inherit;
}
.studio-skip {
  position: absolute;
  inset: 8px auto auto 8px;
  z-index: 20;
  padding: 6px 12px;
  border-radius: var(--radius-small);
  background: var(--accent);
  color: var(--accent-text);
  transform: translateY(-200%);
}
.studio-skip:focus {
  transform: none;
}
.studio-presence {
  display: inline-flex;
  align-items: center;
  gap: 6px;
  color: var(--soft);
  font-size: 12px;
  white-space: nowrap;
  margin-inline-end: 4px;
}
.studio-presence::before {
  content: "";
  width: 7px;
  height: 7px;
  border-radius: 50%;
  background: var(--good);
}
.studio-presence[data-status="reconnecting"]::before {
  background: var(--warn);
  animation: an-breathe 1s infinite;
}
.studio-presence[data-status="closed"]::before {
  background: var(--bad);
}
.studio-body {
  flex: 1;
  min-height: 0;
  display: grid;
  grid-template-columns: 228px minmax(0, 1fr) 0 minmax(0, var(--panel-width));
}
.studio[data-role="player"] .studio-body {
  grid-template-columns: minmax(0, 1fr);
}
@media (max-width: 1080px) {
  .studio-body {
    grid-template-columns: 168px minmax(0, 1fr) 0 minmax(0, min(var(--panel-width), 46vw));
  }
  .studio-bar .an-plain:is(a) span,
  .studio-presence {
    font-size: 0;
  }
}
.studio-nodes {
  display: flex;
  flex-direction: column;
  min-height: 0;
  border-inline-end: 1px solid var(--line);
  background: var(--panel);
}
.studio-nodes > .an-search {
  flex: none;
  margin: 10px 10px 6px;
}
.studio-tree {
  flex: 1;
  min-height: 0;
  overflow-y: auto;
  padding: 2px 6px 12px;
  scrollbar-width: thin;
}
.studio-tree:focus-visible {
  outline-offset: -3px;
}
.studio-group {
  display: flex;
  justify-content: space-between;
  padding: 12px 8px 4px;
  color: var(--soft);
  font-size: 11.5px;
  font-weight: 600;
}
.studio-node {
  display: flex;
  align-items: center;
  gap: 8px;
  min-height: 34px;
  padding: 3px 8px;
  border-radius: var(--radius-small);
  cursor: pointer;
}
.studio-node:hover {
  background: var(--info-wash);
}
.studio-node[aria-selected="true"] {
  background: var(--accent-wash);
  font-weight: 600;
}
.studio-node-icon {
  flex: none;
  display: grid;
  place-items: center;
  width: 26px;
  height: 26px;
  border-radius: 6px;
  object-fit: cover;
  background: var(--sunk);
  color: var(--soft);
}
.studio-node[aria-selected="true"] .studio-node-icon {
  color: var(--accent);
}
.studio-count {
  display: inline-flex;
  align-items: center;
  gap: 2px;
  color: var(--soft);
  font-size: 11px;
  font-weight: 500;
}
.studio-count .an-icon {
  width: 12px;
  height: 12px;
}
.studio-stage {
  position: relative;
  min-width: 0;
  min-height: 0;
  overflow: hidden;
  background: light-dark(#dfe4e8, #0c0d10);
}
.studio-canvas {
  position: absolute;
  inset: 0;
  display: block;
  width: 100%;
  height: 100%;
  touch-action: none;
  outline: none;
}
.studio .studio-canvas:focus-visible:not([data-clicked="true"]) {
  outline: 2px solid var(--accent);
  outline-offset: -3px;
}
.studio-curtain {
  position: absolute;
  inset: 0;
  display: grid;
  place-items: center;
  padding: 24px;
  background: var(--ground);
}
.studio-loading {
  display: grid;
  gap: 10px;
  width: 220px;
  text-align: center;
  color: var(--soft);
}
.studio-curtain .an-notice,
.studio-toast .an-notice {
  max-width: 460px;
  box-shadow: var(--shadow);
}
.studio-toast {
  position: absolute;
  inset: 12px 12px auto;
  z-index: 5;
  display: grid;
  justify-items: center;
}
.studio-splitter {
  position: relative;
  z-index: 4;
  width: 9px;
  margin-inline-start: -4px;
  cursor: col-resize;
  touch-action: none;
}
.studio-splitter::after {
  content: "";
  position: absolute;
  inset: 0 4px;
  background: var(--line);
}
.studio-splitter:is(:hover, :focus-visible)::after {
  inset: 0 3px;
  background: var(--accent);
}
.studio .studio-splitter:focus-visible {
  outline: none;
}
.studio-panel {
  min-width: 0;
  min-height: 0;
  background: var(--panel);
}
.studio-chat,
.studio-ask {
  position: absolute;
  z-index: 3;
  border: 1px solid var(--line);
  border-radius: var(--radius);
  background: color-mix(in srgb, var(--panel) 92%, transparent);
  box-shadow: var(--shadow);
  backdrop-filter: blur(8px);
}
.studio-chat {
  inset: auto auto 12px 12px;
  width: min(320px, calc(100% - 24px));
}
.studio-chat:not(:has(form)) {
  width: auto;
}
.studio-chat-head {
  display: flex;
  align-items: center;
  gap: 7px;
  width: 100%;
  padding: 7px 12px;
  border: 0;
  border-radius: inherit;
  background: none;
  font-weight: 600;
  cursor: pointer;
}
.studio-chat-head span {
  color: var(--soft);
  font-weight: 400;
}
.studio-chat ol {
  max-height: 190px;
  padding: 2px 12px 8px;
  overflow-y: auto;
  overflow-wrap: anywhere;
  scrollbar-width: thin;
}
.studio-chat form {
  display: flex;
  gap: 6px;
  padding: 0 8px 8px;
}
.studio-chat > .an-hint {
  padding: 0 12px 8px;
}
.studio-ask {
  inset: auto 12px 12px auto;
  display: flex;
  flex-direction: column;
  gap: 10px;
  width: min(320px, calc(100% - 24px));
  padding: 12px;
}
`;
