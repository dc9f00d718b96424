// A scene as it is stored (plotkit/runs/media/scenes.py), and how it is drawn.
// One WebGL context draws for all viewers of a page, each of which keeps its picture in a canvas of
// its own: browsers allow only a few contexts, and what is out of sight needs none.

function readScene(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const start = 4 + length;
  const part = (Kind, each) => ref => ref && new Kind(buffer, start + ref.at, ref.count * each);
  const floats = part(Float32Array, 3), colours = part(Uint8Array, 4), indices = part(Uint32Array, 1);
  const [low, high] = header.bounds.map(corner => corner.map(Number));
  if (header.version !== 1 || ![...low, ...high].every(Number.isFinite)) throw new Error("not a scene");
  const meshes = header.meshes.map(mesh => ({positions: floats(mesh.positions), normals: floats(mesh.normals),
    colors: colours(mesh.colors), indices: indices(mesh.indices)}));
  const flat = given => given && {positions: floats(given.positions), colors: colours(given.colors)};
  const middle = low.map((at, axis) => (at + high[axis]) / 2), half = high.map((at, axis) => at - middle[axis]);
  return {meshes, points: flat(header.points), lines: flat(header.lines), labels: header.labels ?? [],
    up: header.up, middle, half, radius: Math.hypot(...half) || 1};
}

// --- matrices: 16 numbers, column by column ---

const product = (a, b) => Float32Array.from({length: 16}, (_, at) => {
  const column = at >> 2, row = at & 3;
  let sum = 0;
  for (let k = 0; k < 4; k++) sum += a[4 * k + row] * b[4 * column + k];
  return sum;
});
const shift = (x, y, z) => new Float32Array([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, x, y, z, 1]);
function turned(yaw, pitch) {
  const [c, s, d, t] = [Math.cos(yaw), Math.sin(yaw), Math.cos(pitch), Math.sin(pitch)];
  return new Float32Array([c, s * t, -s * d, 0, 0, d, t, 0, s, -c * t, c * d, 0, 0, 0, 0, 1]);
}
function perspective(angle, aspect, near, far) {
  const f = 1 / Math.tan(angle / 2);
  return new Float32Array([f / aspect, 0, 0, 0, 0, f, 0, 0, 0, 0, (far + near) / (near - far), -1, 0, 0, 2 * far * near / (near - far), 0]);
}
function through(m, [x, y, z]) {
  const out = [0, 1, 2, 3].map(row => m[row] * x + m[4 + row] * y + m[8 + row] * z + m[12 + row]);
  return [out[0] / out[3], out[1] / out[3], out[3]];
}
// The middle of the scene to 0, its radius to 1, its height upwards.
function placed({up, middle, radius}) {
  const s = 1 / radius;
  const axes = up === "z" ? [s, 0, 0, 0, 0, 0, -s, 0, 0, s, 0, 0, 0, 0, 0, 1] : [s, 0, 0, 0, 0, s, 0, 0, 0, 0, s, 0, 0, 0, 0, 1];
  return product(new Float32Array(axes), shift(...middle.map(at => -at)));
}

const ANGLE = 30 * Math.PI / 180;
const FIRST = {yaw: -.62, pitch: .42, zoom: 1, x: 0, y: 0};

// The distance from which a scene fills its picture.
function distanceOf(scene, model, {yaw, pitch}, aspect) {
  const turn = product(turned(yaw, pitch), model), tan = Math.tan(ANGLE / 2), [i, j, k] = scene.half;
  let far = .2;
  for (let corner = 0; corner < 8; corner++) {
    const at = [i, j, k].map((half, axis) => scene.middle[axis] + (corner >> axis & 1 ? half : -half));
    const [x, y, z] = [0, 1, 2].map(row => turn[row] * at[0] + turn[4 + row] * at[1] + turn[8 + row] * at[2] + turn[12 + row]);
    far = Math.max(far, z + Math.abs(y) / tan, z + Math.abs(x) / (tan * aspect));
  }
  return far * 1.06;
}

// --- drawing ---

const VERTEX = `
attribute vec3 position; attribute vec3 normal; attribute vec4 color;
uniform mat4 view, projection; uniform float size; uniform float dot;
varying vec3 facing; varying vec4 colour;
void main() {
  vec4 at = view * vec4(position, 1.0);
  gl_Position = projection * at;
  facing = mat3(view) * normal;
  colour = color;
  gl_PointSize = clamp(size / max(-at.z, 0.01), 1.5 * dot, 14.0 * dot);
}`;
const FRAGMENT = `
precision mediump float;
varying vec3 facing; varying vec4 colour;
uniform float lit; uniform float round;
void main() {
  if (round > 0.5 && distance(gl_PointCoord, vec2(0.5)) > 0.5) discard;
  vec3 shade = colour.rgb;
  if (lit > 0.5) {
    vec3 n = normalize(facing);
    if (!gl_FrontFacing) n = -n;
    float key = max(dot(n, normalize(vec3(-0.45, 0.7, 0.75))), 0.0);
    float fill = max(dot(n, normalize(vec3(0.8, 0.1, 0.4))), 0.0);
    shade *= 0.34 + 0.1 * n.y + 0.56 * key + 0.16 * fill;
  }
  gl_FragColor = vec4(shade * colour.a, colour.a);
}`;

class Painter {
  constructor() {
    this.canvas = document.createElement("canvas");
    this.age = 0; // grows with every context, as what was made in an older one is gone
    this.canvas.addEventListener("webglcontextlost", event => { event.preventDefault(); this.gl = null; });
    this.canvas.addEventListener("webglcontextrestored", () => { this.begin(); Viewer.all.forEach(viewer => viewer.draw()); });
    this.begin();
  }
  begin() {
    const gl = this.canvas.getContext("webgl2", {antialias: true, alpha: true});
    if (!gl || gl.isContextLost()) return;
    const program = gl.createProgram();
    for (const [kind, text] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, text);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    }
    ["position", "normal", "color"].forEach((name, at) => gl.bindAttribLocation(program, at, name));
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS)) return;
    gl.useProgram(program);
    this.places = Object.fromEntries(["view", "projection", "size", "dot", "lit", "round"].map(name => [name, gl.getUniformLocation(program, name)]));
    gl.enable(gl.DEPTH_TEST);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    this.gl = gl;
    this.age++;
  }

  // A scene in the memory of the graphics card.
  load(scene) {
    const {gl} = this, held = [];
    const buffer = (values, target = gl.ARRAY_BUFFER) => {
      if (!values) return null;
      const made = gl.createBuffer();
      held.push(made);
      gl.bindBuffer(target, made);
      gl.bufferData(target, values, gl.STATIC_DRAW);
      return made;
    };
    const parts = [];
    const part = (mode, given, facts) => {
      if (!given?.positions?.length) return;
      const array = gl.createVertexArray();
      gl.bindVertexArray(array);
      [[given.positions, 3, gl.FLOAT], [given.normals, 3, gl.FLOAT], [given.colors, 4, gl.UNSIGNED_BYTE]].forEach(([values, size, type], at) => {
        if (!values) return;
        buffer(values);
        gl.enableVertexAttribArray(at);
        gl.vertexAttribPointer(at, size, type, type === gl.UNSIGNED_BYTE, 0, 0);
      });
      buffer(given.indices, gl.ELEMENT_ARRAY_BUFFER);
      gl.bindVertexArray(null);
      parts.push({mode, array, indexed: Boolean(given.indices), coloured: Boolean(given.colors),
        count: given.indices ? given.indices.length : given.positions.length / 3, ...facts});
    };
    for (const mesh of scene.meshes) part(gl.TRIANGLES, mesh, {lit: 1});
    part(gl.POINTS, scene.points, {round: 1});
    part(gl.LINES, scene.lines, {});
    return {age: this.age, parts, free: () => {
      for (const one of held) gl.deleteBuffer(one);
      for (const {array} of parts) gl.deleteVertexArray(array);
    }};
  }

  draw(loaded, {view, projection, width, height, density, size, ink}) {
    const {gl, canvas, places} = this;
    if (canvas.width < width || canvas.height < height) {
      Object.assign(canvas, {width: Math.max(canvas.width, width), height: Math.max(canvas.height, height)});
    }
    gl.viewport(0, canvas.height - height, width, height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    gl.uniformMatrix4fv(places.view, false, view);
    gl.uniformMatrix4fv(places.projection, false, projection);
    gl.uniform1f(places.dot, density);
    gl.uniform1f(places.size, size);
    for (const part of loaded.parts) {
      gl.bindVertexArray(part.array);
      if (!part.coloured) gl.vertexAttrib4f(2, ...(part.lit ? [.74, .77, .81, 1] : ink));
      gl.uniform1f(places.lit, part.lit ?? 0);
      gl.uniform1f(places.round, part.round ?? 0);
      if (part.indexed) gl.drawElements(part.mode, part.count, gl.UNSIGNED_INT, 0);
      else gl.drawArrays(part.mode, 0, part.count);
    }
    gl.bindVertexArray(null);
  }
}
let painter = null;
