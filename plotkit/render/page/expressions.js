// Expressions. Vega hands over syntax trees (ast: true); they become closures here. No expression
// can hold a function, a window or a node, so nothing can be called but the listed functions.

const CONSTANTS = {
  NaN, E: Math.E, LN2: Math.LN2, LN10: Math.LN10, LOG2E: Math.LOG2E, LOG10E: Math.LOG10E,
  PI: Math.PI, SQRT1_2: Math.SQRT1_2, SQRT2: Math.SQRT2,
  MIN_VALUE: Number.MIN_VALUE, MAX_VALUE: Number.MAX_VALUE,
};
const BINARY = {
  "+": (a, b) => a + b, "-": (a, b) => a - b, "*": (a, b) => a * b, "/": (a, b) => a / b,
  "%": (a, b) => a % b, "|": (a, b) => a | b, "&": (a, b) => a & b, "^": (a, b) => a ^ b,
  "<<": (a, b) => a << b, ">>": (a, b) => a >> b, ">>>": (a, b) => a >>> b,
  "<": (a, b) => a < b, "<=": (a, b) => a <= b, ">": (a, b) => a > b, ">=": (a, b) => a >= b,
  "==": (a, b) => a == b, "!=": (a, b) => a != b, "===": (a, b) => a === b, "!==": (a, b) => a !== b,
};
const UNARY = {"+": a => +a, "-": a => -a, "~": a => ~a, "!": a => !a};
const EVENT_FUNCTIONS = new Set(["view", "item", "group", "xy", "x", "y"]);
const at = d => new Date(d);
const list = v => {
  if (typeof v === "string" || Array.isArray(v) || ArrayBuffer.isView(v)) return v;
  throw Error("an expression needs a list or a text here");
};
const FUNCTIONS = {
  isNaN: Number.isNaN, isFinite: Number.isFinite, abs: Math.abs, acos: Math.acos, asin: Math.asin,
  atan: Math.atan, atan2: Math.atan2, ceil: Math.ceil, cos: Math.cos, exp: Math.exp,
  floor: Math.floor, hypot: Math.hypot, log: Math.log, max: Math.max, min: Math.min,
  pow: Math.pow, random: Math.random, round: Math.round, sin: Math.sin, sqrt: Math.sqrt,
  tan: Math.tan, clamp: (v, lo, hi) => Math.max(lo, Math.min(hi, v)),
  now: Date.now, utc: Date.UTC,
  datetime: (...a) =>
    a.length === 0 ? new Date() : a.length === 1 ? new Date(a[0]) : new Date(...a),
  date: d => at(d).getDate(), day: d => at(d).getDay(), year: d => at(d).getFullYear(),
  month: d => at(d).getMonth(), hours: d => at(d).getHours(), minutes: d => at(d).getMinutes(),
  seconds: d => at(d).getSeconds(), milliseconds: d => at(d).getMilliseconds(),
  time: d => at(d).getTime(), timezoneoffset: d => at(d).getTimezoneOffset(),
  utcdate: d => at(d).getUTCDate(), utcday: d => at(d).getUTCDay(),
  utcyear: d => at(d).getUTCFullYear(), utcmonth: d => at(d).getUTCMonth(),
  utchours: d => at(d).getUTCHours(), utcminutes: d => at(d).getUTCMinutes(),
  utcseconds: d => at(d).getUTCSeconds(), utcmilliseconds: d => at(d).getUTCMilliseconds(),
  length: v => list(v).length,
  join: (v, s) => Array.from(list(v)).join(s),
  indexof: (v, ...a) => list(v).indexOf(...a),
  lastindexof: (v, ...a) => list(v).lastIndexOf(...a),
  slice: (v, ...a) => list(v).slice(...a),
  reverse: v => Array.from(list(v)).reverse(),
  sort: v => Array.from(list(v)).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)),
  parseFloat, parseInt,
  upper: v => String(v).toUpperCase(), lower: v => String(v).toLowerCase(),
  substring: (v, ...a) => String(v).substring(...a), split: (v, ...a) => String(v).split(...a),
  replace: (v, p, r) => String(v).replace(p, String(r)), trim: v => String(v).trim(),
  btoa: v => btoa(v), atob: v => atob(v), encodeURIComponent: v => encodeURIComponent(v),
  regexp: (p, f) => new RegExp(p, f), test: (r, t) => new RegExp(r).test(t),
};
// What binning found hangs on a function: its numbers are handed on, the function is not.
const bins = ({start, stop, step}) =>
  [start, stop, step].every(n => typeof n === "number") ? {start, stop, step} : undefined;
const inert = value =>
  typeof value === "function" ? bins(value)
    : value instanceof Node || (value && value.window === value) ? undefined : value;

// Own properties of the function tables only: never those of Object.prototype.
function known(table, name) {
  for (let t = table; t && t !== Object.prototype; t = Object.getPrototypeOf(t)) {
    if (Object.hasOwn(t, name)) return t[name];
  }
}

// A closure takes one scope: {params, datum, event, item}.
function closure(node, functions) {
  const sub = n => closure(n, functions);
  switch (node.type) {
    case "Literal": {
      const {regex, value} = node;
      return regex ? () => new RegExp(regex.pattern, regex.flags) : () => value;
    }
    case "Identifier": {
      const {name} = node;
      if (name === "datum" || name === "event" || name === "item") return s => s[name];
      if (Object.hasOwn(CONSTANTS, name)) return () => CONSTANTS[name];
      const key = "$" + name;
      return s => inert(s.params[key]);
    }
    case "MemberExpression": {
      const object = sub(node.object);
      if (!node.computed) {
        const key = node.property.name;
        return s => inert(object(s)[key]);
      }
      const property = sub(node.property);
      return s => {
        const key = property(s);
        return inert(object(s)[typeof key === "object" ? String(key) : key]);
      };
    }
    case "CallExpression": {
      const name = node.callee.name.replace(/^_/, "");
      const args = node.arguments.map(sub);
      if (name === "if") return s => (args[0](s) ? args[1](s) : args[2](s));
      if (EVENT_FUNCTIONS.has(name)) return s => s.event.vega[name](...args.map(a => a(s)));
      const call = known(functions, name) || known(FUNCTIONS, name);
      if (typeof call !== "function") throw Error(`unknown function ${name} in an expression`);
      return s => call.apply(functions, args.map(a => a(s)));
    }
    case "ArrayExpression": {
      const parts = node.elements.map(sub);
      return s => parts.map(p => inert(p(s)));
    }
    case "ObjectExpression": {
      const parts = node.properties.map(p => [
        p.key.type === "Literal" ? String(p.key.value) : p.key.name, sub(p.value)]);
      // Object.fromEntries defines own properties, so that "__proto__" is a name like any other.
      return s => Object.fromEntries(parts.map(([key, value]) => [key, inert(value(s))]));
    }
    case "BinaryExpression": {
      const op = BINARY[node.operator], a = sub(node.left), b = sub(node.right);
      return s => op(a(s), b(s));
    }
    case "LogicalExpression": {
      const a = sub(node.left), b = sub(node.right);
      return node.operator === "&&" ? s => a(s) && b(s) : s => a(s) || b(s);
    }
    case "UnaryExpression": {
      const op = UNARY[node.operator], a = sub(node.argument);
      return s => op(a(s));
    }
    case "ConditionalExpression": {
      const test = sub(node.test), a = sub(node.consequent), b = sub(node.alternate);
      return s => (test(s) ? a(s) : b(s));
    }
  }
  throw Error(`unknown ${node.type} in an expression`);
}

const interpreter = {
  operator(context, expr) {
    const run = closure(expr.ast, context.functions);
    return params => run({params});
  },
  parameter(context, expr) {
    const run = closure(expr.ast, context.functions);
    return (datum, params) => run({params, datum});
  },
  event(context, expr) {
    const run = closure(expr.ast, context.functions);
    return event => run({params: {}, event});
  },
  handler(context, expr) {
    const run = closure(expr.ast, context.functions);
    return (params, event) => run({params, event, datum: event.item && event.item.datum});
  },
  encode(context, {marktype, channels}) {
    const runs = Object.entries(channels).map(([name, e]) => [name, closure(e.ast, context.functions)]);
    const ordered = marktype === "group" || marktype === "image" || marktype === "rect";
    return (item, params) => {
      const scope = {params, datum: item.datum, item};
      let changed = 0;
      for (const [name, run] of runs) {
        const value = run(scope);
        if (item[name] !== value) { item[name] = value; changed = 1; }
      }
      if (marktype !== "rule") {
        span(item, channels, "x", "width", ordered);
        span(item, channels, "y", "height", ordered);
      }
      return changed;
    };
  },
};

// Two ends, or one end and a size, become a start and a size.
function span(item, channels, start, size, ordered) {
  const end = start + "2", centre = start + "c";
  if (channels[end]) {
    if (!channels[start]) item[start] = item[end] - (item[size] || 0);
    else {
      if (ordered && item[start] > item[end]) [item[start], item[end]] = [item[end], item[start]];
      item[size] = item[end] - item[start];
    }
  }
  if (channels[centre]) item[start] = item[centre] - (item[size] || 0) / 2;
}
