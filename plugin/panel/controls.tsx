/** The panel's parts: plain HTML controls with words, focus and one look. */
import { useEffect, useId, useRef, useState, type ReactNode } from "react";
import { Icon, type IconName } from "./icons.tsx";
import { useTexts } from "./texts.ts";

interface ButtonProps {
  readonly children?: ReactNode;
  readonly onClick?: () => void;
  readonly look?: "primary" | "plain" | "quiet" | "danger";
  readonly icon?: IconName;
  /** What an icon-only button does; also its tooltip. */
  readonly label?: string;
  readonly disabled?: boolean;
  readonly busy?: boolean;
  readonly pressed?: boolean;
  /** Sends the form it stands in. */
  readonly submit?: boolean;
  readonly testId?: string;
}

export function Button({
  children,
  onClick,
  look = "plain",
  icon,
  label,
  disabled,
  busy,
  pressed,
  submit,
  testId,
}: ButtonProps) {
  const bare = children === undefined;
  return (
    <button
      type={submit && !busy ? "submit" : "button"}
      className={`an-button an-${look}${bare ? " an-bare" : ""}`}
      // A button that is disabled loses the keyboard's focus; one that is busy keeps it.
      onClick={busy ? undefined : onClick}
      disabled={disabled}
      aria-disabled={busy || undefined}
      aria-busy={busy}
      aria-label={label}
      aria-pressed={pressed}
      title={label}
      data-testid={testId}
    >
      {busy ? <Spinner /> : icon && <Icon name={icon} />}
      {!bare && <span>{children}</span>}
    </button>
  );
}

export const Spinner = () => <span className="an-spinner" aria-hidden="true" />;

/** Asks once more, in place, before something is lost. */
export function ConfirmButton({ onClick, children, ...rest }: ButtonProps) {
  const t = useTexts();
  const [asked, setAsked] = useState(false);
  useEffect(() => {
    if (!asked) return;
    const timer = setTimeout(() => setAsked(false), 4000);
    return () => clearTimeout(timer);
  }, [asked]);
  const act = (): void => {
    setAsked(!asked);
    if (asked) onClick?.();
  };
  return (
    <Button {...rest} look={asked ? "danger" : (rest.look ?? "quiet")} onClick={act}>
      {asked ? t.confirm : children}
    </Button>
  );
}

interface FieldProps {
  readonly label: string;
  readonly hint?: string | undefined;
  readonly problem?: string | undefined;
  readonly children: (ids: { id: string; describedBy: string | undefined; invalid: boolean }) => ReactNode;
}

/** Label, control, hint or problem; tied together for screen readers. */
export function Field({ label, hint, problem, children }: FieldProps) {
  const id = useId();
  const words = problem || hint;
  return (
    <div className={problem ? "an-field an-invalid" : "an-field"}>
      <label htmlFor={id}>{label}</label>
      {children({ id, describedBy: words ? `${id}-hint` : undefined, invalid: Boolean(problem) })}
      {words && (
        <p className="an-hint" id={`${id}-hint`} role={problem ? "alert" : undefined}>
          {words}
        </p>
      )}
    </div>
  );
}

interface TextInputProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly onLeave?: () => void;
  readonly hint?: string | undefined;
  readonly problem?: string | undefined;
  readonly placeholder?: string;
  readonly rows?: number;
  readonly max?: number;
  readonly numeric?: boolean;
  readonly testId?: string;
}

export function TextInput(props: TextInputProps) {
  const { label, value, onChange, onLeave, hint, problem, placeholder, rows, max, numeric, testId } = props;
  return (
    <Field label={label} hint={hint} problem={problem}>
      {({ id, describedBy, invalid }) => {
        const shared = {
          id,
          value,
          placeholder,
          maxLength: max,
          onBlur: onLeave,
          "aria-describedby": describedBy,
          "aria-invalid": invalid,
          "data-testid": testId,
        };
        return rows === undefined ? (
          <input
            {...shared}
            type="text"
            className="an-input"
            inputMode={numeric ? "decimal" : undefined}
            spellCheck={!numeric}
            onChange={(event) => onChange(event.target.value)}
          />
        ) : (
          <textarea {...shared} className="an-input" rows={rows} onChange={(event) => onChange(event.target.value)} />
        );
      }}
    </Field>
  );
}

interface ChoiceProps<T extends string> {
  readonly label: string;
  readonly options: readonly (readonly [value: T, words: string])[];
  readonly value: T;
  readonly onChange: (value: T) => void;
  readonly testId?: string;
}

/** A choice whose label only screen readers get: for places where the neighbours say what it is. */
export function BareSelect<T extends string>({
  label,
  options,
  value,
  onChange,
  testId,
  id,
}: ChoiceProps<T> & { id?: string }) {
  return (
    <select
      id={id}
      className="an-input"
      value={value}
      aria-label={id === undefined ? label : undefined}
      data-testid={testId}
      onChange={(event) => onChange(event.target.value as T)}
    >
      {options.map(([option, words]) => (
        <option key={option} value={option}>
          {words}
        </option>
      ))}
    </select>
  );
}

export function Select<T extends string>(props: ChoiceProps<T>) {
  return <Field label={props.label}>{({ id }) => <BareSelect {...props} id={id} />}</Field>;
}

/** One of a few, all visible: radio buttons that look like one bar. */
export function Segments<T extends string>({ label, options, value, onChange, testId }: ChoiceProps<T>) {
  const name = useId();
  return (
    <fieldset className="an-segments" data-testid={testId}>
      <legend className="an-hidden">{label}</legend>
      {options.map(([option, words]) => (
        <label key={option} data-testid={testId && `${testId}-${option}`}>
          <input type="radio" name={name} checked={option === value} onChange={() => onChange(option)} />
          <span>{words}</span>
        </label>
      ))}
    </fieldset>
  );
}

interface CheckProps {
  readonly label: string;
  readonly hint?: string;
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
  readonly testId?: string;
}

export function Check({ label, hint, checked, onChange, testId }: CheckProps) {
  return (
    <label className="an-check">
      <input
        type="checkbox"
        checked={checked}
        onChange={(event) => onChange(event.target.checked)}
        data-testid={testId}
      />
      <span>
        {label}
        {hint && <small>{hint}</small>}
      </span>
    </label>
  );
}

interface NoticeProps {
  readonly kind: "error" | "warning" | "info" | "good";
  readonly title?: string;
  readonly children?: ReactNode;
  readonly onClose?: () => void;
  readonly testId?: string;
}
const noticeIcons = { error: "error", warning: "warning", info: "info", good: "check" } as const;

export function Notice({ kind, title, children, onClose, testId }: NoticeProps) {
  const t = useTexts();
  return (
    <div className={`an-notice an-${kind}`} role={kind === "error" ? "alert" : "status"} data-testid={testId}>
      <Icon name={noticeIcons[kind]} />
      <div>
        {title && <strong>{title}</strong>}
        {children}
      </div>
      {onClose && <Button look="quiet" icon="close" label={t.close} onClick={onClose} />}
    </div>
  );
}

/** The failure of an action, or nothing. */
export function Problem({ action }: { readonly action: { readonly problem: string; readonly clear: () => void } }) {
  if (action.problem === "") return null;
  return (
    <Notice kind="error" onClose={action.clear} testId="problem">
      {action.problem}
    </Notice>
  );
}

interface ProgressProps {
  readonly label: string;
  /** 0 to 1; without it the bar only shows that something goes on. */
  readonly share?: number | undefined;
  readonly detail?: string;
  readonly testId?: string;
}

export function Progress({ label, share, detail, testId }: ProgressProps) {
  const percent = share === undefined ? undefined : Math.round(Math.min(1, Math.max(0, share)) * 100);
  return (
    <div className="an-progress" data-testid={testId}>
      <div className="an-progress-words">
        <span aria-live="polite">{label}</span>
        <span className="an-number">{detail ?? (percent === undefined ? "" : `${percent} %`)}</span>
      </div>
      <div
        className={percent === undefined ? "an-bar an-endless" : "an-bar"}
        role="progressbar"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={percent}
      >
        <span style={percent === undefined ? undefined : { transform: `scaleX(${percent / 100})` }} />
      </div>
    </div>
  );
}

interface FoldProps {
  readonly title: ReactNode;
  readonly children: ReactNode;
  readonly open?: boolean;
  readonly aside?: ReactNode;
  readonly testId?: string;
}

/** `open` opens it; what a person opened or closed afterwards stays so. */
export function Fold({ title, children, open = false, aside, testId }: FoldProps) {
  const [shown, setShown] = useState(open);
  useEffect(() => {
    if (open) setShown(true);
  }, [open]);
  return (
    <details
      className="an-fold"
      open={shown}
      onToggle={(event) => setShown(event.currentTarget.open)}
      data-testid={testId}
    >
      <summary>
        <Icon name="chevron" />
        <span>{title}</span>
        {aside !== undefined && <span className="an-aside">{aside}</span>}
      </summary>
      <div className="an-fold-body">{children}</div>
    </details>
  );
}

interface SectionProps {
  readonly title: string;
  readonly aside?: ReactNode;
  readonly hint?: string;
  readonly children: ReactNode;
  readonly testId?: string;
}

export function Section({ title, aside, hint, children, testId }: SectionProps) {
  const id = useId();
  return (
    <section className="an-section" aria-labelledby={id} data-testid={testId}>
      <header>
        <h3 id={id}>{title}</h3>
        {aside !== undefined && <div className="an-aside">{aside}</div>}
      </header>
      {hint && <p className="an-hint">{hint}</p>}
      {children}
    </section>
  );
}

export function Empty({ icon, title, children }: { icon: IconName; title: string; children?: ReactNode }) {
  return (
    <div className="an-empty">
      <Icon name={icon} />
      <strong>{title}</strong>
      {children}
    </div>
  );
}

interface SliderProps {
  readonly label: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly step: number;
  /** Called when the person lets go, not on the way. */
  readonly onCommit: (value: number) => void;
  readonly testId?: string;
}

/** Slider and number in one: drag, arrow keys or type. */
export function Slider({ label, value, low, high, step, onCommit, testId }: SliderProps) {
  const [draft, setDraft] = useState<string>();
  const shown = draft ?? String(value);
  const range = useRef<HTMLInputElement>(null);
  const number = Number(shown);
  const settle = (): void => {
    setDraft(undefined);
    if (draft !== undefined && draft.trim() !== "" && Number.isFinite(number) && number !== value) onCommit(number);
  };
  // The browser's own "change" comes when the person lets go; React's onChange on the way as well.
  const latest = useRef(settle);
  latest.current = settle;
  useEffect(() => {
    const input = range.current;
    const letGo = (): void => latest.current();
    input?.addEventListener("change", letGo);
    return () => input?.removeEventListener("change", letGo);
  }, []);
  const share = (Math.min(high, Math.max(low, Number.isFinite(number) ? number : value)) - low) / (high - low);
  return (
    <div className="an-slider">
      <input
        ref={range}
        type="range"
        min={low}
        max={high}
        step={step}
        value={Number.isFinite(number) ? number : value}
        style={{ "--share": share } as React.CSSProperties}
        aria-label={label}
        data-testid={testId}
        onChange={(event) => setDraft(event.target.value)}
      />
      <input
        type="text"
        inputMode="decimal"
        className="an-input an-number"
        value={shown}
        aria-label={label}
        data-testid={testId && `${testId}-number`}
        onChange={(event) => setDraft(event.target.value)}
        onBlur={settle}
        onKeyDown={(event) => {
          if (event.key === "Enter") settle();
          if (event.key === "Escape") setDraft(undefined);
        }}
      />
    </div>
  );
}
