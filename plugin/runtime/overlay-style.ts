/** Style of what hangs over heads. Everything is under one class, so that it meets no style of the game's page. */
export const overlayCss = /* css */ `
.animula-overlay { position: absolute; inset: 0; overflow: hidden; pointer-events: none; contain: strict;
  font: 500 13px/1.35 ui-rounded, "SF Pro Rounded", "Nunito", "Segoe UI", system-ui, "PingFang SC", "Microsoft YaHei", sans-serif; }
.animula-overlay * { box-sizing: border-box; }
.animula-label { position: absolute; left: 0; top: 0; display: flex; flex-direction: column; align-items: center; gap: 6px;
  will-change: transform; transform-origin: 50% 100%; transition: opacity .25s; }
.animula-label[hidden] { display: none; }
.animula-frame { position: relative; width: 84px; height: 84px; padding: 4px; border-radius: 20px;
  background: linear-gradient(145deg, #ffe9b8, #c98a3c 45%, #7a4b1e 60%, #f6cf8a);
  box-shadow: 0 8px 22px rgb(40 20 10 / .42), inset 0 0 0 1px rgb(255 250 230 / .55); }
.animula-frame::after { content: ""; position: absolute; left: 50%; bottom: -6px; width: 12px; height: 12px;
  transform: translateX(-50%) rotate(45deg); background: #c98a3c; border-radius: 2px; z-index: -1; }
.animula-frame img { display: block; width: 100%; height: 100%; object-fit: cover; border-radius: 16px; background: #2b2320;
  animation: animula-reveal .5s cubic-bezier(.2, .9, .3, 1.2); }
.animula-frame.animula-empty { display: none; }
.animula-label[data-pending] .animula-frame { display: block; }
.animula-label[data-pending] .animula-frame::before { content: ""; position: absolute; inset: 4px; z-index: 1; border-radius: 16px;
  background: linear-gradient(110deg, transparent 30%, rgb(255 244 214 / .75) 50%, transparent 70%) 0 0 / 250% 100%, rgb(43 35 32 / .55);
  animation: animula-shimmer 1.3s linear infinite; }
.animula-name { max-width: 220px; padding: 3px 11px 4px; border-radius: 999px; color: #fff8ea; letter-spacing: .01em;
  white-space: nowrap; overflow: hidden; text-overflow: ellipsis; text-shadow: 0 1px 2px rgb(0 0 0 / .4);
  background: rgb(38 26 32 / .62); backdrop-filter: blur(6px); border: 1px solid rgb(255 233 190 / .28); }
.animula-bubble { position: relative; max-width: 272px; padding: 8px 13px 9px; border-radius: 16px; color: #2a1f1a;
  background: rgb(255 251 243 / .96); box-shadow: 0 6px 18px rgb(40 20 10 / .28); overflow-wrap: anywhere; white-space: pre-wrap;
  animation: animula-reveal .28s cubic-bezier(.2, .9, .3, 1.25); transition: opacity .4s; }
.animula-words { max-height: 12.2em; overflow: hidden; }
.animula-label[data-speaking] .animula-words:empty::before, .animula-label[data-speaking] .animula-words::after {
  content: ""; display: inline-block; width: .5em; height: .5em; margin-inline: .35em -.85em; border-radius: 50%; background: #c98a3c;
  animation: animula-breathe 1.1s ease-in-out infinite; }
.animula-label[data-speaking] .animula-words:empty::before { animation-delay: -.4s; margin-inline: 0; }
.animula-label[data-speaking] .animula-frame { box-shadow: 0 0 0 3px rgb(255 226 160 / .85), 0 8px 22px rgb(40 20 10 / .42); }
.animula-bubble::after { content: ""; position: absolute; left: 50%; bottom: -5px; width: 12px; height: 12px;
  transform: translateX(-50%) rotate(45deg); background: inherit; border-radius: 2px; }
.animula-notice { position: absolute; top: 14px; left: 50%; transform: translateX(-50%); padding: 7px 16px; border-radius: 999px;
  color: #fff8ea; background: rgb(38 26 32 / .82); border: 1px solid rgb(255 233 190 / .3); }
.animula-notice[hidden] { display: none; }
.animula-talk { position: absolute; z-index: 2000000; inset: auto 12px 14px; display: flex; justify-content: center; pointer-events: none; color: #fff8ea; }
@media (max-width: 700px) { .animula-talk { bottom: 60px; } }
.animula-talk [hidden] { display: none; }
.animula-talk > * { pointer-events: auto; border: 1px solid rgb(255 233 190 / .3); background: rgb(38 26 32 / .86);
  backdrop-filter: blur(8px); box-shadow: 0 8px 26px rgb(20 10 8 / .4); animation: animula-reveal .25s ease-out; }
.animula-talk :focus-visible { outline: 2px solid #ffd98f; outline-offset: 2px; }
.animula-talk :is(button, input) { font: inherit; color: inherit; }
.animula-talk button { cursor: pointer; }
.animula-talk-hint { display: flex; align-items: center; gap: 9px; padding: 8px 17px 8px 10px; border-radius: 999px; }
.animula-talk-hint kbd { padding: 1px 8px 2px; border-radius: 7px; font: inherit; font-size: 12px; color: #2a1f1a; background: #ffe2a6;
  box-shadow: 0 2px 0 #b98c4a; }
.animula-talk-form { width: min(460px, 100%); padding: 10px 12px 12px; border-radius: 16px; }
.animula-talk-head { display: flex; align-items: center; justify-content: space-between; gap: 8px; }
.animula-talk-name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.animula-talk-close { width: 28px; height: 28px; padding: 0; border: 0; border-radius: 8px; background: none; font-size: 18px !important; line-height: 1; }
.animula-talk-close:hover { background: rgb(255 233 190 / .16); }
.animula-talk-lines { margin: 4px 0 8px; padding: 0; max-height: 112px; overflow-y: auto; overflow-wrap: anywhere; list-style: none;
  white-space: pre-wrap; font-weight: 400; scrollbar-width: thin; }
.animula-talk-lines:empty { display: none; }
.animula-talk-lines li + li { margin-top: 4px; }
.animula-talk-lines b { color: #ffd98f; font-weight: 600; }
.animula-talk-lines [aria-busy=true]::after { content: "▍"; color: #ffd98f; animation: animula-breathe 1.1s ease-in-out infinite; }
.animula-talk-problem { margin: 0 0 8px; color: #ffb4a6; }
.animula-talk-row { display: flex; gap: 8px; }
.animula-talk-input { flex: 1; min-width: 0; padding: 7px 12px; border: 1px solid rgb(255 233 190 / .35); border-radius: 10px;
  background: rgb(255 250 240 / .1); }
.animula-talk-input::placeholder { color: rgb(255 248 234 / .66); }
.animula-talk-send { padding: 7px 16px; border: 0; border-radius: 10px; color: #2a1f1a !important; background: #ffe2a6; font-weight: 650; }
@keyframes animula-reveal { from { opacity: 0; transform: scale(.82) translateY(6px); } }
@keyframes animula-breathe { 50% { opacity: .25; transform: scale(.75); } }
@keyframes animula-shimmer { from { background-position: 150% 0, 0 0; } to { background-position: -100% 0, 0 0; } }
@media (prefers-reduced-motion: reduce) { .animula-overlay * { animation: none !important; transition: none !important; } }
`;
