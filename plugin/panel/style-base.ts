/** Colours, type and arrangement. Everything hangs on the root class, so that a host's page is left as it is. */
export const baseCss = /* css */ `
.animula {
  color-scheme: light dark;
  --ground: light-dark(#f4f4f2, #131417);
  --panel: light-dark(#fcfcfb, #1a1b1f);
  --raised: light-dark(#ffffff, #212329);
  --sunk: light-dark(#f1f1ee, #14151a);
  --line: light-dark(#e0dfda, #2f3139);
  --line-strong: light-dark(#8d8b84, #6c6f7b);
  --text: light-dark(#1d1d1f, #ececee);
  --soft: light-dark(#5e5d59, #a6a8b1);
  --accent: light-dark(#a5431b, #f2a36e);
  --accent-hover: light-dark(#8c3714, #f7b88d);
  --accent-text: light-dark(#ffffff, #2a1408);
  --accent-wash: light-dark(#fbece3, #33251d);
  --second: light-dark(#1c6e7d, #6cc3d2);
  --good: light-dark(#1f7046, #6fcf97);
  --good-wash: light-dark(#e7f4ec, #1b2c23);
  --warn: light-dark(#8a5a00, #eebb5c);
  --warn-wash: light-dark(#fdf3dc, #322a18);
  --bad: light-dark(#b3261e, #ff9b8f);
  --bad-wash: light-dark(#fdebe9, #371f1e);
  --info-wash: light-dark(#eef1f4, #23262d);
  --radius: 8px;
  --radius-small: 6px;
  --shadow: 0 1px 2px light-dark(#0000000d, #00000040), 0 4px 16px light-dark(#0000000f, #00000059);
  color: var(--text);
  font:
    13px/1.5 system-ui,
    -apple-system,
    "Segoe UI",
    Roboto,
    "Noto Sans",
    "PingFang SC",
    "Microsoft YaHei",
    "Noto Sans CJK SC",
    sans-serif;
  -webkit-font-smoothing: antialiased;
  text-align: start;
}
.animula[data-theme="light"] {
  color-scheme: light;
}
.animula[data-theme="dark"] {
  color-scheme: dark;
}
.animula *,
.animula *::before,
.animula *::after {
  box-sizing: border-box;
}
.animula :where(h1, h2, h3, p, ul, ol, dl, dd, figure, fieldset, pre) {
  margin: 0;
  padding: 0;
}
.animula :where(ul, ol) {
  list-style: none;
}
.animula :where(fieldset) {
  border: 0;
  min-width: 0;
}
.animula :where(button, input, select, textarea) {
  font: inherit;
  color: inherit;
}
.animula :where(small) {
  font-size: 12px;
  color: var(--soft);
}
.animula :focus-visible {
  outline: 2px solid var(--accent);
  outline-offset: 1px;
}

/* Arrangement */
.animula .an-stack {
  display: flex;
  flex-direction: column;
  gap: 20px;
}
.animula .an-row {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: 8px;
}
.animula .an-row > select {
  flex: 1 1 0;
}
.animula .an-spread {
  justify-content: space-between;
}
.animula .an-bottom {
  align-items: flex-end;
  flex-wrap: nowrap;
}
.animula .an-bottom > .an-field {
  flex: 1;
}
.animula .an-grow {
  flex: 1 1 auto;
  min-width: 0;
}
.animula .an-columns {
  display: grid;
  grid-template-columns: repeat(auto-fit, minmax(132px, 1fr));
  gap: 12px;
  align-items: start;
}
.animula .an-list {
  display: flex;
  flex-direction: column;
  gap: 8px;
}
.animula .an-list:empty {
  display: none;
}
.animula .an-lines {
  display: flex;
  flex-direction: column;
  gap: 4px;
}
.animula .an-clip {
  display: block;
  overflow: hidden;
  text-overflow: ellipsis;
  white-space: nowrap;
  min-width: 0;
}
.animula .an-line {
  display: block;
}
.animula .an-number {
  font-variant-numeric: tabular-nums;
}
.animula .an-hidden {
  position: absolute;
  width: 1px;
  height: 1px;
  overflow: hidden;
  clip-path: inset(50%);
  white-space: nowrap;
}
.animula .an-section {
  display: flex;
  flex-direction: column;
  gap: 10px;
}
.animula .an-section > header {
  display: flex;
  align-items: center;
  justify-content: space-between;
  gap: 8px;
  min-height: 24px;
}
.animula h3 {
  font-size: 13px;
  font-weight: 650;
}
.animula .an-aside {
  margin-inline-start: auto;
  color: var(--soft);
  font-size: 12px;
}
.animula .an-card {
  background: var(--raised);
  border: 1px solid var(--line);
  border-radius: var(--radius);
  padding: 10px;
}
.animula .an-hint {
  color: var(--soft);
  font-size: 12px;
  line-height: 1.45;
  text-wrap: pretty;
}
.animula .an-warn {
  color: var(--warn);
}
.animula .an-icon {
  flex: none;
  fill: none;
  stroke: currentColor;
  stroke-width: 1.4;
  stroke-linecap: round;
  stroke-linejoin: round;
}
`;
