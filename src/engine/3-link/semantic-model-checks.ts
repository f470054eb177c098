import type { OtherNode, PlainRecord } from "../manifest/types.ts";
import {
  aggregationFaults,
  defaultTime,
  dimensionsOf,
  entitiesOf,
  hasTime,
  measuresOf,
  nameFaults,
  type Element,
  type SemanticIssue,
} from "./semantic-elements.ts";

/**
 * What MetricFlow demands of semantic models, in its words.
 * Source: metricflow_semantic_interfaces validations (measures.py, primary_entity.py, unique_valid_name.py, and their like).
 */
export function semanticModelIssues(models: OtherNode[]): SemanticIssue[] {
  const issues: SemanticIssue[] = [];
  const owners = new Map<string, string[]>();
  const dimensionTypes = new Map<string, Element>();
  const pairs = new Map<string, string>();
  for (const node of models) {
    const add = (...messages: string[]): void => {
      for (const message of messages) issues.push({ node, message });
    };
    add(...nameFaults(node.name), ...elementNames(node), ...primaryEntity(node), ...validityWindow(node));
    const time = defaultTime(node);
    if (time !== null && !hasTime(node, time))
      add(
        `Default aggregation time dimension was specified as '${time}' which doesn't exist as a time dimension in semantic model named '${node.name}'.`,
      );
    for (const measure of measuresOf(node)) {
      add(...measureFaults(node, measure, time));
      const others = owners.get(measure.name) ?? [];
      if (others.length > 0)
        add(
          `Found measure with name ${measure.name} in multiple semantic models with names ([${others.map((n) => `'${n}'`).join(", ")}])`,
        );
      owners.set(measure.name, [...others, node.name]);
    }
    const primary = (node.primary_entity as string | null) ?? primaryNames(node)[0];
    for (const dimension of dimensionsOf(node)) {
      const known = dimensionTypes.get(dimension.name) ?? dimension;
      dimensionTypes.set(dimension.name, known);
      if (known.type !== dimension.type)
        add(
          `In semantic model \`${node.name}\`, type conflict for dimension \`${dimension.name}\` - already in model as type \`${enumName(known.type)}\` but got \`${enumName(dimension.type)}\``,
        );
      if (primary === undefined) continue;
      const pair = `${primary}\n${dimension.name}`;
      const other = pairs.get(pair);
      if (other !== undefined)
        add(
          `Duplicate dimension + primary entity pairing detected, dimension + primary entity pairings must be unique. Semantic model \`${node.name}\` has a primary entity of \`${primary}\` and dimension \`${dimension.name}\`, but this pairing is already in use on semantic model \`${other}\`.`,
        );
      else pairs.set(pair, node.name);
    }
  }
  return [...issues, ...kindIssues(models)];
}

/** One name is a dimension everywhere, or an entity, or a measure. Source: element_const.py. */
function kindIssues(models: OtherNode[]): SemanticIssue[] {
  const kinds = new Map<string, Map<string, OtherNode[]>>();
  for (const node of models) {
    const all: [string, Element[]][] = [
      ["dimension", dimensionsOf(node)],
      ["entity", entitiesOf(node)],
      ["measure", measuresOf(node)],
    ];
    for (const [kind, elements] of all)
      for (const { name } of elements) {
        const byKind = kinds.get(name) ?? new Map<string, OtherNode[]>();
        kinds.set(name, byKind.set(kind, [...(byKind.get(kind) ?? []), node]));
      }
  }
  const type = (kind: string): string => `SemanticModelElementType.${kind.toUpperCase()}`;
  return [...kinds].flatMap(([name, byKind]) => {
    if (byKind.size < 2) return [];
    const used = [...byKind].sort(([a], [b]) => (a < b ? -1 : 1));
    const list = used.map(([kind]) => `<${type(kind)}: '${kind}'>`).join(", ");
    return used.map(([kind, nodes]) => ({
      node: nodes[0] as OtherNode,
      message: `In semantic models {${[...new Set(nodes.map((n) => `'${n.name}'`))].sort().join(", ")}}, element \`${name}\` is of type ${type(kind)}, but it is used as types [${list}] across the model.`,
    }));
  });
}

const enumName = (type: string | null): string => `DimensionType.${String(type).toUpperCase()}`;
const primaryNames = (node: OtherNode): string[] =>
  entitiesOf(node)
    .filter((e) => e.type === "primary")
    .map((e) => e.name);

function elementNames(node: OtherNode): string[] {
  const faults: string[] = [];
  const all: [string, Element[]][] = [
    ["measure", measuresOf(node)],
    ["entity", entitiesOf(node)],
    ["dimension", dimensionsOf(node)],
  ];
  for (const [type, elements] of all) {
    const names = elements.map((e) => e.name);
    for (const name of names.filter((n, i) => names.indexOf(n) < i))
      faults.push(
        `In semantic model \`${node.name}\`, can't use name \`${name}\` for a ${type} when it was already used for a ${type}`,
      );
  }
  return [...faults, ...all.flatMap(([, elements]) => elements.flatMap((e) => nameFaults(e.name)))];
}

function primaryEntity(node: OtherNode): string[] {
  const names = primaryNames(node);
  if (names.length > 1)
    return [
      `Semantic models can have only one primary entity. The semantic model \`${node.name}\` has ${names.length}: ${names.join(", ")}`,
    ];
  if (names.length === 1 && node.primary_entity)
    return [
      `The semantic model \`${node.name}\` has an entity named \`${names[0]}\` with type primary but it also has the \`primary_entity\` field set to \`${String(node.primary_entity)}\`. Both should not be present in the model.`,
    ];
  if (names.length === 0 && !node.primary_entity && dimensionsOf(node).length > 0)
    return [
      `The semantic model ${node.name} contains dimensions, but it does not define a primary entity. Either add an entity with type PRIMARY or set a value for the primary_entity key.`,
    ];
  return [];
}

function measureFaults(node: OtherNode, measure: Element, time: string | null): string[] {
  const agg = String(measure.agg);
  const faults = aggregationFaults(
    "Measure",
    measure.name,
    agg,
    measure.expr,
    measure.agg_params as PlainRecord | null,
  );
  const own = (measure.agg_time_dimension as string | null) ?? time;
  if (own === null)
    faults.push(
      `An error occurred while checking aggregation time dimension for a semantic model - AssertionError: Aggregation time dimension for measure ${measure.name} is not set! This should either be set directly on the measure specification in the model, or else defaulted to the primary time dimension in the data source containing the measure.`,
    );
  else if (!hasTime(node, own))
    faults.push(
      `In semantic model '${node.name}', measure '${measure.name}' has the aggregation time dimension set to '${own}', which is not a valid time dimension in the semantic model`,
    );
  return faults;
}

const windowRules =
  "Semantic models using dimension validity params to define a validity window must have exactly two time dimensions with validity params specified - one marked `is_start` and the other marked `is_end`.";

function validityWindow(node: OtherNode): string[] {
  const validityOf = (d: Element): PlainRecord | null =>
    ((d.type_params as PlainRecord | null)?.validity_params as PlainRecord | null | undefined) ?? null;
  const found = dimensionsOf(node).filter((d) => validityOf(d) !== null);
  if (found.length === 0) return [];
  const list = (names: string[]): string => `[${names.map((n) => `'${n}'`).join(", ")}]`;
  const names = list(found.map((d) => d.name));
  const faults: string[] = [];
  const starts = found.filter((d) => validityOf(d)?.is_start === true).length;
  const ends = found.filter((d) => validityOf(d)?.is_end === true).length;
  if (found.length !== 2)
    faults.push(
      `Semantic model ${node.name} has ${found.length} dimensions defined with validity params. They are: ${names}. There must be either zero or two! If you wish to define a validity window for this semantic model, please follow these requirements: ${windowRules}`,
    );
  else if (starts !== 1 || ends !== 1)
    faults.push(
      `Semantic model ${node.name} has two validity param dimensions defined, but does not have exactly one each marked with is_start and is_end! Dimensions: ${names}. ${windowRules}`,
    );
  const keys = entitiesOf(node).filter((e) => e.type === "primary" || e.type === "unique");
  if (!entitiesOf(node).some((e) => e.type === "natural"))
    faults.push(
      `Semantic model ${node.name} has validity param dimensions defined, but does not have an entity with type \`natural\` set. The natural key for this semantic model is what we use to process a validity window join. Primary or unique entities, if any, might be suitable for use as natural keys: (${list(keys.map((e) => e.name))}).`,
    );
  if (keys.length > 0)
    faults.push(
      `Semantic model ${node.name} has validity param dimensions defined and also has one or more entities designated as \`primary\` or \`unique\`. This is not yet supported, as we do not currently process joins against these key types for semantic models with validity windows specified.`,
    );
  if (measuresOf(node).length > 0)
    faults.push(
      `Semantic model ${node.name} has both measures and validity param dimensions defined. This is not currently supported! Please remove either the measures or the validity params. Measure names: ${list(measuresOf(node).map((m) => m.name))}. Validity param dimension names: ${names}.`,
    );
  return faults;
}
