import { useState } from "react";
import { limits, type DatasetImage, type ReportReply } from "../../service/protocol/index.ts";
import { withoutPrefix, withPrefix } from "./caption-edits.ts";
import { Button, Fold, Notice, Segments, TextInput } from "./controls.tsx";
import { SuggestCaptions } from "./suggest-captions.tsx";
import { useTexts } from "./texts.ts";
import { Thumb } from "./thumb.tsx";
import type { Captions } from "./use-dataset.ts";

type Finding = ReportReply["findings"][number];
type Filter = "all" | "remarks" | "empty";

/** Findings by picture; those about no single picture under "". */
export function findingsByImage(findings: readonly Finding[]): Map<string, Finding[]> {
  const map = new Map<string, Finding[]>();
  for (const finding of findings) {
    for (const id of finding.images.length > 0 ? finding.images : [""]) {
      map.set(id, [...(map.get(id) ?? []), finding]);
    }
  }
  return map;
}

interface GridProps {
  readonly datasetId: string;
  readonly images: readonly DatasetImage[];
  readonly captions: Captions;
  readonly report: ReportReply | undefined;
  readonly onRemove: (image: DatasetImage) => void;
}

/** Every picture with what is good or bad about it, and its caption. */
export function CaptionGrid({ datasetId, images, captions, report, onRemove }: GridProps) {
  const t = useTexts();
  const [filter, setFilter] = useState<Filter>("all");
  const byImage = findingsByImage(report?.findings ?? []);
  const keep: Record<Filter, (image: DatasetImage) => boolean> = {
    all: () => true,
    remarks: ({ id }) => byImage.has(id),
    empty: ({ id }) => captions.captionOf(id).trim() === "",
  };
  const count = (name: Filter): number => images.filter(keep[name]).length;
  const shown = images.filter(keep[filter]);
  return (
    <>
      <SuggestCaptions datasetId={datasetId} images={images} captions={captions} />
      <FillIn images={images} captions={captions} />
      <Segments
        label={t.train.pictures}
        value={filter}
        onChange={setFilter}
        options={[
          ["all", `${t.train.all} ${count("all")}`],
          ["remarks", `${t.train.withRemarks} ${count("remarks")}`],
          ["empty", `${t.train.withoutCaption} ${count("empty")}`],
        ]}
        testId="picture-filter"
      />
      <ul className="an-captions" data-testid="caption-grid">
        {shown.map((image) => (
          <CaptionRow
            key={image.id}
            image={image}
            findings={byImage.get(image.id) ?? []}
            caption={captions.captionOf(image.id)}
            onCaption={(caption) => captions.set({ [image.id]: caption })}
            onRemove={() => onRemove(image)}
          />
        ))}
      </ul>
    </>
  );
}

interface RowProps {
  readonly image: DatasetImage;
  readonly findings: readonly Finding[];
  readonly caption: string;
  readonly onCaption: (caption: string) => void;
  readonly onRemove: () => void;
}

function CaptionRow({ image, findings, caption, onCaption, onRemove }: RowProps) {
  const t = useTexts();
  return (
    <li data-testid={`image-${image.id}`}>
      <div className="an-shot">
        <Thumb sha256={image.sha256} alt={image.name} size={76} />
        <small className="an-number">
          {image.width}×{image.height}
        </small>
      </div>
      <div className="an-grow">
        <div className="an-row an-spread">
          <small className="an-clip" title={image.name}>
            {image.name}
          </small>
          <Button look="quiet" icon="close" label={t.train.removeImage(image.name)} onClick={onRemove} />
        </div>
        <textarea
          className="an-input"
          rows={2}
          value={caption}
          maxLength={limits.captionCharsMax}
          placeholder={t.train.captionEmpty}
          aria-label={t.train.captionOf(image.name)}
          data-testid={`caption-${image.id}`}
          onChange={(event) => onCaption(event.target.value)}
        />
        {findings.map((finding, index) => (
          <p key={index} className={`an-finding an-${finding.severity}`}>
            <b>{t.train.severity[finding.severity]}</b> {finding.message}
          </p>
        ))}
      </div>
    </li>
  );
}

function FillIn({ images, captions }: Pick<GridProps, "images" | "captions">) {
  const t = useTexts();
  const [words, setWords] = useState("");
  const [changed, setChanged] = useState<number>();
  const apply = (change: (caption: string) => string): void => {
    const changes = images.flatMap(({ id }) => {
      const old = captions.captionOf(id);
      const next = change(old).slice(0, limits.captionCharsMax);
      return next === old ? [] : [[id, next] as const];
    });
    captions.set(Object.fromEntries(changes));
    setChanged(changes.length);
  };
  return (
    <Fold title={t.train.fill} testId="fill-in">
      <TextInput
        label={t.train.fillText}
        value={words}
        onChange={setWords}
        placeholder={t.train.fillPlaceholder}
        hint={t.train.fillHint}
        max={limits.captionCharsMax}
        testId="fill-words"
      />
      <div className="an-row">
        <Button
          disabled={words.trim() === ""}
          onClick={() => apply((caption) => withPrefix(caption, words))}
          testId="fill-all"
        >
          {t.train.fillAll}
        </Button>
        <Button
          disabled={words.trim() === ""}
          onClick={() => apply((caption) => (caption.trim() === "" ? words.trim() : caption))}
          testId="fill-empty"
        >
          {t.train.fillEmpty}
        </Button>
        <Button
          look="quiet"
          disabled={words.trim() === ""}
          onClick={() => apply((caption) => withoutPrefix(caption, words))}
        >
          {t.train.fillRemove}
        </Button>
      </div>
      {changed !== undefined && <Notice kind="info">{t.train.filled(changed)}</Notice>}
    </Fold>
  );
}
