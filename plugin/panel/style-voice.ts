/** What only the Voice tab has. */
export const voiceCss = /* css */ `
.animula .an-code {
  padding: 4px 8px;
  border-radius: var(--radius-small);
  background: var(--sunk);
  border: 1px solid var(--line);
  font: 12px/1.5 ui-monospace, "Cascadia Code", Menlo, Consolas, "DejaVu Sans Mono", monospace;
  user-select: all;
}
.animula .an-dialogues {
  display: flex;
  flex-direction: column;
  gap: 8px;
}
.animula .an-dialogues > li {
  position: relative;
  display: flex;
  flex-direction: column;
  gap: 4px;
  padding: 6px 34px 6px 8px;
  content-visibility: auto;
  contain-intrinsic-size: auto 78px;
}
.animula .an-dialogues > li > .an-button {
  position: absolute;
  inset: 5px 4px auto auto;
}
.animula .an-turn {
  display: grid;
  grid-template-columns: 72px 1fr;
  align-items: start;
  gap: 8px;
}
.animula .an-turn > small {
  padding-top: 5px;
}
.animula .an-turn.an-assistant > small {
  color: var(--accent);
}
.animula .an-turn textarea.an-input {
  field-sizing: content;
  resize: none;
  max-height: 12em;
}
.animula .an-steps {
  display: flex;
  flex-wrap: wrap;
  gap: 6px;
}
.animula .an-step {
  position: relative;
  display: inline-flex;
  align-items: center;
  gap: 6px;
  padding: 2px 10px;
  border: 1px solid var(--line);
  border-radius: 999px;
  background: var(--raised);
  font-size: 12px;
  cursor: pointer;
}
.animula .an-step input {
  position: absolute;
  inset: 0;
  width: 100%;
  height: 100%;
  margin: 0;
  opacity: 0;
  cursor: inherit;
}
.animula .an-step[data-shown="true"] {
  border-color: var(--line-strong);
}
.animula .an-step:has(input:checked) {
  border-color: var(--accent);
  box-shadow: 0 0 0 1px var(--accent);
}
.animula .an-step:has(input:focus-visible) {
  outline: 2px solid var(--accent);
  outline-offset: 2px;
}
.animula .an-replies {
  display: flex;
  flex-direction: column;
  gap: 14px;
}
.animula .an-asked {
  font-weight: 550;
  overflow-wrap: anywhere;
}
.animula .an-versus {
  display: grid;
  grid-template-columns: 1fr 1fr;
  gap: 8px;
  margin-top: 4px;
}
.animula .an-said {
  padding: 6px 10px 8px;
  border: 1px solid var(--line);
  border-radius: var(--radius);
  background: var(--sunk);
  min-width: 0;
}
.animula .an-said.an-new {
  border-color: var(--accent);
  background: var(--accent-wash);
}
.animula .an-said blockquote {
  margin: 2px 0 0;
  overflow-wrap: anywhere;
  white-space: pre-wrap;
}
.animula .an-said blockquote[data-blank="true"] {
  color: var(--soft);
  font-style: italic;
}
.animula .an-talk {
  display: flex;
  flex-direction: column;
  gap: 10px;
  max-height: 320px;
  padding: 10px;
  overflow-y: auto;
  border: 1px solid var(--line);
  border-radius: var(--radius);
  background: var(--sunk);
  scrollbar-width: thin;
}
.animula .an-talk > li:not(.an-hint) {
  display: flex;
  flex-direction: column;
  gap: 6px;
}
.animula :is(.an-mine, .an-theirs) {
  display: flex;
  flex-direction: column;
  max-width: 86%;
  padding: 5px 10px 7px;
  border-radius: 12px;
  overflow-wrap: anywhere;
  white-space: pre-wrap;
}
.animula :is(.an-mine, .an-theirs) > small {
  font-size: 11px;
}
.animula .an-mine {
  align-self: flex-end;
  background: var(--accent-wash);
  border-end-end-radius: 4px;
}
.animula .an-theirs {
  align-self: flex-start;
  background: var(--raised);
  border: 1px solid var(--line);
  border-end-start-radius: 4px;
}
.animula .an-theirs[aria-busy="true"] > span::after {
  content: "▍";
  color: var(--accent);
  animation: an-breathe 1s ease-in-out infinite;
}
.animula .an-facts-kept > li {
  flex-wrap: nowrap;
}
`;
