/** The panel and what only its tabs have. */
export const partsCss = /* css */ `
.animula .an-panel {
  display: flex;
  flex-direction: column;
  height: 100%;
  min-height: 0;
  background: var(--panel);
  container-type: inline-size;
}
.animula .an-head {
  display: flex;
  align-items: center;
  gap: 8px;
  padding: 12px 16px 8px;
}
.animula .an-head h2 {
  font-size: 15px;
  font-weight: 650;
  line-height: 1.3;
}
.animula .an-head .an-icon {
  color: var(--accent);
}
.animula .an-tabs {
  display: flex;
  gap: 4px;
  padding: 0 12px;
  border-bottom: 1px solid var(--line);
}
.animula .an-tabs > button {
  position: relative;
  display: inline-flex;
  align-items: center;
  gap: 6px;
  padding: 7px 8px 8px;
  border: 0;
  border-radius: 4px 4px 0 0;
  background: none;
  color: var(--soft);
  font-weight: 550;
  cursor: pointer;
}
.animula .an-tabs > button:hover {
  color: var(--text);
}
.animula .an-tabs > button[aria-selected="true"] {
  color: var(--text);
}
.animula .an-tabs > button[aria-selected="true"]::after {
  content: "";
  position: absolute;
  inset: auto 8px -1px;
  height: 2px;
  border-radius: 2px 2px 0 0;
  background: var(--accent);
}
.animula .an-live {
  width: 7px;
  height: 7px;
  border-radius: 50%;
  background: var(--accent);
  animation: an-breathe 2s ease-in-out infinite;
}
@keyframes an-breathe {
  50% {
    opacity: 0.35;
  }
}
.animula .an-tab-body {
  flex: 1;
  min-height: 0;
  overflow-y: auto;
  overscroll-behavior: contain;
  scrollbar-gutter: stable;
  scrollbar-width: thin;
  padding: 16px;
  display: flex;
  flex-direction: column;
  gap: 16px;
}
.animula .an-thumb {
  display: block;
  flex: none;
  width: 100%;
  aspect-ratio: 1;
  object-fit: cover;
  border-radius: var(--radius-small);
  background: var(--sunk);
}
.animula .an-blank {
  display: grid;
  place-items: center;
  color: var(--soft);
  border: 1px solid var(--line);
}
.animula .an-pick {
  display: flex;
  align-items: center;
  gap: 10px;
  width: 100%;
  padding: 6px;
  border: 0;
  border-radius: var(--radius-small);
  background: none;
  text-align: start;
  cursor: pointer;
}
.animula .an-pick:hover:enabled {
  background: var(--info-wash);
}
.animula .an-pick:disabled {
  cursor: default;
}

/* Tag */
.animula .an-module {
  display: flex;
  gap: 10px;
}
.animula .an-module .an-row {
  flex-wrap: nowrap;
  min-width: 0;
}
.animula .an-module select.an-input {
  width: auto;
  min-height: 26px;
  padding-block: 1px;
  font-size: 12px;
}
.animula .an-picker {
  display: flex;
  flex-direction: column;
  gap: 6px;
}
.animula .an-picker .an-list {
  gap: 2px;
  max-height: 260px;
  overflow-y: auto;
}

/* Train */
.animula .an-drop {
  display: flex;
  flex-direction: column;
  align-items: center;
  gap: 8px;
  padding: 26px 18px;
  border: 1.5px dashed var(--line-strong);
  border-radius: var(--radius);
  background: var(--sunk);
  text-align: center;
  transition:
    background-color 0.12s,
    border-color 0.12s;
}
.animula .an-drop > .an-icon {
  width: 26px;
  height: 26px;
  stroke-width: 1.1;
  color: var(--accent);
}
.animula .an-drop.an-slim {
  flex-direction: row;
  flex-wrap: wrap;
  justify-content: space-between;
  padding: 8px 10px;
}
.animula .an-drop.an-slim > .an-icon {
  width: 18px;
  height: 18px;
}
.animula .an-drop.an-slim > strong {
  flex: 1;
  white-space: nowrap;
  text-align: start;
  font-weight: 550;
}
.animula .an-drop.an-over {
  border-color: var(--accent);
  background: var(--accent-wash);
}
.animula .an-captions {
  display: grid;
  grid-template-columns: 1fr;
  gap: 12px;
}
@container (min-width: 640px) {
  .animula .an-captions {
    grid-template-columns: 1fr 1fr;
  }
}
.animula .an-captions > li {
  display: flex;
  gap: 10px;
  content-visibility: auto;
  contain-intrinsic-size: auto 100px;
}
.animula .an-shot {
  display: flex;
  flex-direction: column;
  align-items: center;
  gap: 2px;
}
.animula .an-shot small {
  font-size: 11px;
}
.animula .an-captions .an-row {
  flex-wrap: nowrap;
  min-height: 26px;
}
.animula .an-finding {
  margin-top: 4px;
  padding-inline-start: 8px;
  border-inline-start: 2px solid var(--line-strong);
  font-size: 12px;
  line-height: 1.4;
  color: var(--soft);
}
.animula .an-finding.an-warning {
  border-color: var(--warn);
}
.animula .an-finding.an-warning b {
  color: var(--warn);
}
.animula .an-finding.an-error {
  border-color: var(--bad);
}
.animula .an-finding.an-error b {
  color: var(--bad);
}
.animula .an-start {
  position: sticky;
  bottom: -16px;
  display: flex;
  align-items: center;
  justify-content: space-between;
  gap: 12px;
  margin: 0 -16px -16px;
  padding: 10px 16px;
  border-top: 1px solid var(--line);
  background: var(--panel);
}

/* A training that runs */
.animula .an-facts {
  display: grid;
  grid-template-columns: repeat(4, auto);
  gap: 8px;
  margin-top: 12px;
}
@container (max-width: 360px) {
  .animula .an-facts {
    grid-template-columns: 1fr 1fr;
  }
}
.animula .an-facts dt {
  font-size: 11px;
  color: var(--soft);
}
.animula .an-facts dd {
  font-size: 14px;
  font-weight: 600;
  white-space: nowrap;
}
.animula .an-facts + .an-notice {
  margin-top: 12px;
}
.animula .an-chart > div {
  border-radius: var(--radius-small);
  touch-action: pan-y;
}
.animula .an-chart svg {
  display: block;
}
.animula .an-axes line {
  stroke: var(--line);
}
.animula .an-axes text {
  fill: var(--soft);
  font-size: 10.5px;
  font-variant-numeric: tabular-nums;
}
.animula .an-saved {
  fill: var(--line-strong);
}
.animula .an-best {
  fill: var(--accent);
}
.animula .an-curve {
  fill: none;
  stroke: var(--accent);
  stroke-width: 1.6;
  stroke-linejoin: round;
}
.animula path.an-held {
  stroke: var(--second);
}
.animula circle.an-held {
  fill: var(--second);
}
.animula .an-cursor {
  stroke: var(--line-strong);
  stroke-dasharray: 3 3;
}
.animula .an-dot {
  fill: var(--accent);
  stroke: var(--panel);
  stroke-width: 1.5;
}
.animula .an-chart figcaption {
  display: flex;
  gap: 14px;
  font-size: 12px;
  color: var(--soft);
}
.animula .an-key::before {
  content: "";
  display: inline-block;
  width: 12px;
  height: 2px;
  margin-inline-end: 6px;
  vertical-align: 3px;
  background: var(--accent);
}
.animula .an-key.an-held::before {
  background: var(--second);
}
.animula .an-strip {
  display: flex;
  gap: 10px;
  margin: 0 -16px;
  padding: 3px 16px 8px;
  overflow-x: auto;
  scrollbar-width: thin;
  scroll-behavior: smooth;
}
.animula .an-sample,
.animula .an-seed {
  position: relative;
  display: flex;
  flex-direction: column;
  gap: 4px;
  padding: 5px;
  border: 1px solid var(--line);
  border-radius: var(--radius);
  background: var(--raised);
  font-size: 12px;
  cursor: pointer;
}
.animula .an-sample {
  flex: 0 0 128px;
}
.animula :is(.an-sample, .an-seed):hover:has(input:enabled) {
  border-color: var(--line-strong);
}
.animula :is(.an-sample, .an-seed):has(input:checked) {
  border-color: var(--accent);
  box-shadow: 0 0 0 1px var(--accent);
}
.animula :is(.an-sample, .an-seed):has(input:focus-visible) {
  outline: 2px solid var(--accent);
  outline-offset: 2px;
}
.animula :is(.an-sample, .an-seed):has(input:disabled) {
  cursor: default;
}
.animula .an-log {
  max-height: 220px;
  padding: 8px 10px;
  overflow: auto;
  border-radius: var(--radius-small);
  background: var(--sunk);
  border: 1px solid var(--line);
  font:
    11.5px/1.55 ui-monospace,
    "Cascadia Code",
    Menlo,
    Consolas,
    "DejaVu Sans Mono",
    monospace;
  white-space: pre-wrap;
  overflow-wrap: anywhere;
}

/* Generate */
.animula .an-quote {
  padding: 6px 10px;
  border-inline-start: 2px solid var(--accent);
  background: var(--sunk);
  border-radius: 0 var(--radius-small) var(--radius-small) 0;
  overflow-wrap: anywhere;
}
.animula .an-quote small {
  display: block;
}
.animula .an-chips {
  display: flex;
  flex-wrap: wrap;
  gap: 6px;
}
.animula .an-chip {
  display: inline-flex;
  align-items: center;
  gap: 5px;
  padding: 1px 9px 1px 6px;
  border: 1px solid var(--line);
  border-radius: 999px;
  font-size: 12px;
}
.animula .an-chip .an-icon {
  width: 13px;
  height: 13px;
  color: var(--accent);
}
.animula .an-seeds {
  display: grid;
  grid-template-columns: repeat(auto-fill, minmax(92px, 1fr));
  gap: 10px;
}
.animula .an-seed > span:last-child {
  color: var(--soft);
  text-align: center;
}
.animula .an-corner {
  position: absolute;
  top: 9px;
  inset-inline-end: 9px;
}
.animula .an-maps {
  display: grid;
  grid-template-columns: repeat(3, 1fr);
  gap: 8px;
}
.animula .an-pending .an-thumb {
  border: 0;
  background: linear-gradient(100deg, var(--sunk) 40%, var(--info-wash) 50%, var(--sunk) 60%) 0 / 300% 100%;
  animation: an-shine 1.8s linear infinite;
}
@keyframes an-shine {
  from {
    background-position: 150% 0;
  }
  to {
    background-position: -150% 0;
  }
}
.animula .an-history {
  display: flex;
  flex-direction: column;
  gap: 2px;
}

/* Library */
.animula .an-entry {
  padding: 4px;
}
.animula .an-detail {
  display: flex;
  flex-direction: column;
  gap: 10px;
  padding: 8px 8px 8px;
  border-top: 1px solid var(--line);
  margin-top: 4px;
}
.animula .an-pairs > div {
  display: flex;
  gap: 8px;
}
.animula .an-pairs dt {
  flex: 0 0 96px;
  color: var(--soft);
}
.animula .an-pairs dd {
  overflow-wrap: anywhere;
}
`;
