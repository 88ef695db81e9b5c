/** Buttons, fields, notices, progress. */
export const controlsCss = /* css */ `
/* Buttons */
.animula .an-button {
  display: inline-flex;
  align-items: center;
  justify-content: center;
  gap: 6px;
  min-height: 30px;
  padding: 4px 12px;
  border: 1px solid transparent;
  border-radius: var(--radius-small);
  font-weight: 550;
  cursor: pointer;
  white-space: nowrap;
  transition:
    background-color 0.12s,
    border-color 0.12s,
    color 0.12s;
}
.animula .an-button.an-bare {
  padding: 0;
  width: 30px;
}
.animula .an-button.an-bare.an-quiet {
  width: 26px;
  min-height: 26px;
}
.animula .an-plain {
  background: var(--raised);
  border-color: var(--line);
}
.animula .an-plain:hover:enabled {
  border-color: var(--line-strong);
}
.animula .an-primary {
  background: var(--accent);
  color: var(--accent-text);
}
.animula .an-primary:hover:enabled {
  background: var(--accent-hover);
}
.animula .an-quiet {
  background: transparent;
  color: var(--soft);
}
.animula .an-quiet:hover:enabled {
  background: var(--info-wash);
  color: var(--text);
}
.animula .an-danger {
  background: var(--bad-wash);
  color: var(--bad);
  border-color: currentColor;
}
.animula .an-button:disabled {
  cursor: default;
  opacity: 0.5;
}
.animula .an-button[aria-busy="true"] {
  opacity: 0.85;
}
.animula .an-button[aria-pressed="true"] {
  background: var(--accent-wash);
  color: var(--accent);
}
.animula .an-spinner {
  flex: none;
  display: inline-block;
  width: 14px;
  height: 14px;
  border: 2px solid currentColor;
  border-inline-end-color: transparent;
  border-radius: 50%;
  animation: an-turn 0.8s linear infinite;
}
@keyframes an-turn {
  to {
    transform: rotate(1turn);
  }
}

/* Fields */
.animula .an-field {
  display: flex;
  flex-direction: column;
  gap: 4px;
  min-width: 0;
}
.animula .an-field > label,
.animula .an-field > .an-label,
.animula .an-group > legend {
  font-size: 12px;
  font-weight: 550;
}
.animula .an-input {
  width: 100%;
  min-width: 0;
  min-height: 30px;
  padding: 4px 8px;
  background: var(--sunk);
  border: 1px solid var(--line);
  border-radius: var(--radius-small);
  transition: border-color 0.12s;
}
.animula textarea.an-input {
  resize: vertical;
  line-height: 1.45;
}
.animula .an-input:hover {
  border-color: var(--line-strong);
}
.animula .an-input:focus-visible {
  outline-offset: -1px;
  border-color: var(--accent);
}
.animula .an-input::placeholder {
  color: var(--soft);
  opacity: 0.8;
}
.animula select.an-input {
  appearance: none;
  padding-inline-end: 26px;
  background-image:
    linear-gradient(45deg, transparent 50%, var(--soft) 50%), linear-gradient(-45deg, transparent 50%, var(--soft) 50%);
  background-size: 4.5px 4.5px;
  background-position:
    right 14px center,
    right 10px center;
  background-repeat: no-repeat;
  text-overflow: ellipsis;
}
.animula .an-invalid .an-input {
  border-color: var(--bad);
}
.animula .an-invalid .an-hint {
  color: var(--bad);
}
.animula .an-check {
  display: flex;
  align-items: flex-start;
  gap: 8px;
  cursor: pointer;
}
.animula .an-check input {
  margin: 3px 0 0;
  accent-color: var(--accent);
}
.animula .an-check small {
  display: block;
}
.animula .an-group {
  display: flex;
  flex-direction: column;
  gap: 6px;
}
.animula .an-group .an-row {
  gap: 6px 16px;
}
.animula .an-search {
  position: relative;
  display: block;
  flex: 1;
}
.animula .an-search .an-icon {
  position: absolute;
  inset: 7px auto auto 8px;
  color: var(--soft);
  pointer-events: none;
}
.animula .an-search .an-input {
  padding-inline-start: 30px;
}
.animula .an-segments {
  display: flex;
  padding: 2px;
  gap: 2px;
  background: var(--sunk);
  border: 1px solid var(--line);
  border-radius: var(--radius-small);
}
.animula .an-segments label {
  flex: 1;
  position: relative;
  text-align: center;
  cursor: pointer;
}
.animula .an-segments input,
.animula .an-sample input,
.animula .an-seed input {
  position: absolute;
  inset: 0;
  width: 100%;
  height: 100%;
  margin: 0;
  opacity: 0;
  cursor: inherit;
}
.animula .an-segments span {
  display: block;
  padding: 3px 8px;
  border-radius: 4px;
  color: var(--soft);
  font-size: 12px;
  white-space: nowrap;
}
.animula .an-segments input:checked + span {
  background: var(--raised);
  color: var(--text);
  font-weight: 600;
  box-shadow: 0 0 0 1px var(--line);
}
.animula .an-segments input:focus-visible + span {
  outline: 2px solid var(--accent);
}
.animula .an-slider {
  display: grid;
  grid-template-columns: 1fr 58px;
  align-items: center;
  gap: 10px;
}
.animula .an-slider input[type="range"] {
  appearance: none;
  width: 100%;
  height: 20px;
  margin: 0;
  background: transparent;
  cursor: pointer;
}
.animula .an-slider input[type="range"]::-webkit-slider-runnable-track {
  height: 4px;
  border-radius: 2px;
  background: linear-gradient(to right, var(--accent) calc(var(--share) * 100%), var(--line) 0);
}
.animula .an-slider input[type="range"]::-webkit-slider-thumb {
  appearance: none;
  width: 14px;
  height: 14px;
  margin-top: -5px;
  border: 2px solid var(--accent);
  border-radius: 50%;
  background: var(--raised);
}
.animula .an-slider input[type="range"]::-moz-range-track {
  height: 4px;
  border-radius: 2px;
  background: linear-gradient(to right, var(--accent) calc(var(--share) * 100%), var(--line) 0);
}
.animula .an-slider input[type="range"]::-moz-range-thumb {
  width: 10px;
  height: 10px;
  border: 2px solid var(--accent);
  border-radius: 50%;
  background: var(--raised);
}
.animula .an-slider .an-input {
  min-height: 26px;
  padding: 2px 6px;
  text-align: end;
}

/* Words that come and go */
.animula .an-notice {
  display: flex;
  align-items: flex-start;
  gap: 8px;
  padding: 8px 10px;
  border-radius: var(--radius-small);
  background: var(--info-wash);
  overflow-wrap: anywhere;
}
.animula .an-notice > .an-icon {
  margin-top: 2px;
}
.animula .an-notice > div {
  flex: 1;
  min-width: 0;
  display: flex;
  flex-direction: column;
  gap: 6px;
}
.animula .an-notice > .an-button {
  margin: -3px -4px -3px 0;
}
.animula .an-notice.an-error {
  background: var(--bad-wash);
}
.animula .an-notice.an-error > .an-icon {
  color: var(--bad);
}
.animula .an-notice.an-warning {
  background: var(--warn-wash);
}
.animula .an-notice.an-warning > .an-icon {
  color: var(--warn);
}
.animula .an-notice.an-good {
  background: var(--good-wash);
}
.animula .an-notice.an-good > .an-icon {
  color: var(--good);
}
.animula .an-empty {
  display: flex;
  flex-direction: column;
  align-items: center;
  gap: 6px;
  padding: 24px 16px;
  text-align: center;
  color: var(--soft);
  border: 1px dashed var(--line);
  border-radius: var(--radius);
}
.animula .an-empty > strong {
  color: var(--text);
}
.animula .an-empty > .an-button {
  margin-top: 6px;
}
.animula .an-badge {
  flex: none;
  padding: 0 6px;
  border-radius: 999px;
  background: var(--accent-wash);
  color: var(--accent);
  font-size: 11px;
  font-weight: 600;
  line-height: 18px;
}
.animula .an-progress {
  display: flex;
  flex-direction: column;
  gap: 6px;
  width: 100%;
}
.animula .an-progress-words {
  display: flex;
  justify-content: space-between;
  gap: 8px;
}
.animula .an-bar {
  height: 6px;
  border-radius: 3px;
  background: var(--line);
  overflow: hidden;
}
.animula .an-bar > span {
  display: block;
  height: 100%;
  border-radius: 3px;
  background: var(--accent);
  transform-origin: left;
  transition: transform 0.3s ease-out;
}
.animula .an-endless > span {
  width: 35%;
  animation: an-slide 1.4s ease-in-out infinite;
}
@keyframes an-slide {
  from {
    transform: translateX(-100%);
  }
  to {
    transform: translateX(300%);
  }
}
.animula .an-fold > summary {
  display: flex;
  align-items: center;
  gap: 6px;
  padding: 4px 0;
  border-radius: 4px;
  cursor: pointer;
  font-weight: 550;
  list-style: none;
}
.animula .an-fold > summary::-webkit-details-marker {
  display: none;
}
.animula .an-fold > summary .an-icon {
  color: var(--soft);
  transition: transform 0.12s;
}
.animula .an-fold[open] > summary .an-icon {
  transform: rotate(90deg);
}
.animula .an-fold-body {
  display: flex;
  flex-direction: column;
  gap: 12px;
  padding: 8px 0 4px;
}
@media (prefers-reduced-motion: reduce) {
  .animula *,
  .animula *::before {
    transition: none !important;
    animation-duration: 3s !important;
  }
}
`;
