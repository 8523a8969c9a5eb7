"use strict";
(function () {
  const viewer = document.querySelector(".viewer");
  if (!viewer) return;
  const find = (selector) => viewer.querySelector(selector);
  const all = (selector) => Array.from(viewer.querySelectorAll(selector));
  const data = JSON.parse(document.getElementById("viewer-data").textContent);
  const stills = Array.from(document.querySelectorAll(".still"));
  const pictures = stills.map((still) => ({
    label: still.querySelector("strong").textContent,
    caption: still.querySelector("figcaption span").textContent,
    image: still.querySelector("img.picture"),
    mask: still.querySelector("img.mask"),
  }));
  const stage = find(".stage"), canvas = find("canvas"), lines = find(".lines"), labels = find(".labels");
  const out = Object.fromEntries(all("[data-out]").map((place) => [place.dataset.out, place]));
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  // The centre of the view and the pointer in pixels of the picture, from its upper left corner.
  const view = { x: data.nx / 2, y: data.ny / 2, scale: 1, fitted: true, shown: 0, pointer: null, masks: true, grid: false, beside: false };
  // Of one picture in the view; side by side there are two, one beside the other or, on narrow screens, below it.
  let width = 1, height = 1, blinking = 0, drawing = 0, speaking = 0;

  const fitScale = () => Math.min(width / data.nx, height / data.ny);
  const most = () => Math.max(8, fitScale());
  const least = () => Math.min(1, fitScale());
  const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

  function settle() {
    view.scale = view.fitted ? fitScale() : clamp(view.scale, least(), most());
    view.x = view.fitted ? data.nx / 2 : clamp(view.x, 0, data.nx);
    view.y = view.fitted ? data.ny / 2 : clamp(view.y, 0, data.ny);
    if (!drawing) drawing = requestAnimationFrame(draw);
  }

  function draw() {
    drawing = 0;
    const ratio = window.devicePixelRatio || 1, picture = pictures[view.shown], s = view.scale;
    const wide = Math.round(stage.clientWidth * ratio), high = Math.round(stage.clientHeight * ratio);
    if (canvas.width !== wide || canvas.height !== high) { canvas.width = wide; canvas.height = high; }
    const pen = canvas.getContext("2d");
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, wide, high);
    pen.imageSmoothingEnabled = s * ratio < 1;
    pen.imageSmoothingQuality = "high";
    // Only what is in view, in whole pixels: large pictures stay cheap.
    const left = clamp(Math.floor(view.x - width / 2 / s), 0, data.nx), right = clamp(Math.ceil(view.x + width / 2 / s), 0, data.nx);
    const top = clamp(Math.floor(view.y - height / 2 / s), 0, data.ny), bottom = clamp(Math.ceil(view.y + height / 2 / s), 0, data.ny);
    const box = [left, top, right - left, bottom - top];
    const panes = view.beside ? data.blink.map((n) => pictures[n]) : [picture];
    panes.forEach((shown, n) => {
      const [dx, dy] = corner(n);
      pen.save();
      pen.setTransform(ratio, 0, 0, ratio, 0, 0);
      pen.beginPath();
      pen.rect(dx, dy, width - (view.beside && across() ? 1 : 0), height - (view.beside && !across() ? 1 : 0));
      pen.clip();
      pen.setTransform(ratio * s, 0, 0, ratio * s, ratio * (dx + width / 2 - view.x * s), ratio * (dy + height / 2 - view.y * s));
      for (const image of [shown.image, view.masks ? shown.mask : null]) {
        if (image && image.complete && image.naturalWidth) pen.drawImage(image, ...box, ...box);
      }
      pen.restore();
    });
    stage.classList.toggle("zoomed", s > fitScale() * 1.001);
    stage.dataset.shown = String(view.shown);
    stage.dataset.scale = s.toFixed(4);
    find(".which").textContent = panes.map((shown) => shown.label).join(across() ? " | " : " / ");
    for (const button of all("[data-picture]")) {
      button.setAttribute("aria-pressed", String(Number(button.dataset.picture) === view.shown && !view.beside));
    }
    out.caption.textContent = panes.map((shown) => shown.label + ": " + shown.caption).join("; ");
    if (view.grid && !view.beside) drawGrid();
    read();
  }

  const across = () => stage.clientWidth >= 560;
  const corner = (n) => (across() ? [n * width, 0] : [0, n * height]);

  function drawGrid() {
    const s = view.scale, x0 = view.x - width / 2 / s, y0 = view.y - height / 2 / s;
    const share = Math.max(Math.min(1, width / s / data.nx), Math.min(1, height / s / data.ny));
    const level = share > 0.45 ? 0 : share > 0.12 ? 1 : 2;
    lines.setAttribute("viewBox", [x0, y0, width / s, height / s].join(" "));
    labels.setAttribute("viewBox", [0, 0, width, height].join(" "));
    labels.replaceChildren();
    const taken = [[0, 0, 120, 34]];  // the name of the picture
    for (const group of lines.firstElementChild.children) {
      group.style.display = Number(group.dataset.level) === level ? "" : "none";
      if (Number(group.dataset.level) !== level) continue;
      for (const line of group.children) label(line, group.dataset.axis, s, x0, y0, taken);
    }
  }

  function label(line, axis, s, x0, y0, taken) {
    const text = line.dataset.label, wide = 7 * text.length + 8;
    const points = line.getAttribute("points").split(" ").map((pair) => pair.split(",").map(Number));
    let spots = [];
    for (let n = 1; n < points.length; n++) {
      const piece = clipped(points[n - 1], points[n], s, x0, y0);
      if (piece) spots.push(...piece);
    }
    const ends = room(s, x0, y0), edge = (spot) => [0, 1].some((axis) => ends[axis].some((end) => Math.abs(spot[axis] - end) < 1));
    if (spots.some(edge)) spots = spots.filter(edge);  // not at the joints of a bent line
    // Longitudes are written at the lower edge, latitudes at the left one, where the line gets there.
    spots.sort(axis === "0" ? (a, b) => b[1] - a[1] : (a, b) => a[0] - b[0]);
    for (const [x, y] of spots) {
      const left = clamp(axis === "0" ? x - wide / 2 : x + 4, 2, width - wide), base = clamp(y - 5, 14, height - 6);
      const box = [left, base - 13, left + wide, base + 4];
      if (taken.some((b) => box[0] < b[2] && b[0] < box[2] && box[1] < b[3] && b[1] < box[3])) continue;
      taken.push(box);
      const mark = document.createElementNS("http://www.w3.org/2000/svg", "text");
      mark.setAttribute("x", left.toFixed(1));
      mark.setAttribute("y", base.toFixed(1));
      mark.textContent = text;
      labels.append(mark);
      return;
    }
  }

  // Where the picture is within the view: first and last place along x and along y.
  function room(s, x0, y0) {
    return [
      [Math.max(0, -x0 * s), Math.min(width, (data.nx - x0) * s)],
      [Math.max(0, -y0 * s), Math.min(height, (data.ny - y0) * s)],
    ];
  }

  // The part of a straight line within the view and the picture, in pixels of the view (Liang and Barsky 1984).
  function clipped(a, b, s, x0, y0) {
    const p = [(a[0] - x0) * s, (a[1] - y0) * s], q = [(b[0] - x0) * s, (b[1] - y0) * s];
    const ends = room(s, x0, y0);
    let first = 0, last = 1;
    for (const axis of [0, 1]) {
      const way = q[axis] - p[axis];
      for (const [left, sign] of [[p[axis] - ends[axis][0], -1], [ends[axis][1] - p[axis], 1]]) {
        const speed = sign * way;
        if (speed === 0 && left < 0) return null;
        if (speed < 0) first = Math.max(first, left / speed);
        if (speed > 0) last = Math.min(last, left / speed);
      }
    }
    if (first >= last) return null;
    return [first, last].map((t) => [p[0] + t * (q[0] - p[0]), p[1] + t * (q[1] - p[1])]);
  }

  function sky(x, y) {
    const world = data.world;
    if (!world || x < 0 || y < 0 || x > data.nx || y > data.ny) return "";
    const u = x / data.nx * (world.n - 1), v = (data.ny - y) / data.ny * (world.n - 1);  // nodes go upwards
    const i = Math.min(Math.floor(u), world.n - 2), j = Math.min(Math.floor(v), world.n - 2);
    const sum = [0, 0, 0];
    for (const [di, dj] of [[0, 0], [1, 0], [0, 1], [1, 1]]) {
      const node = world.nodes[(j + dj) * world.n + i + di];
      if (!node) return "off the sky";
      const weight = (di ? u - i : 1 - u + i) * (dj ? v - j : 1 - v + j);
      node.forEach((part, axis) => { sum[axis] += weight * part; });
    }
    const degree = 180 / Math.PI, longitude = (Math.atan2(sum[1], sum[0]) * degree + 360) % 360;
    const latitude = Math.atan2(sum[2], Math.hypot(sum[0], sum[1])) * degree;
    const told = world.sixtieths
      ? [sixtieths(longitude / 15, ["h", "m", "s"], world.digits + 1, 24), (latitude < 0 ? "-" : "+") + sixtieths(Math.abs(latitude), ["°", "′", "″"], world.digits, 0)]
      : [longitude.toFixed(world.digits + 4) + "°", (latitude < 0 ? "" : "+") + latitude.toFixed(world.digits + 4) + "°"];
    return [world.names[0], told[0], world.names[1], told[1], world.system && "(" + world.system + ")"].filter(Boolean).join(" ");
  }

  function sixtieths(value, signs, digits, turn) {
    const unit = 10 ** digits, total = Math.round(value * 3600 * unit);
    const whole = Math.floor(total / (3600 * unit)), minutes = Math.floor(total / (60 * unit)) % 60;
    const seconds = ((total % (60 * unit)) / unit).toFixed(digits).padStart(digits ? digits + 3 : 2, "0");
    const two = (n) => String(n).padStart(2, "0");
    return two(turn ? whole % turn : whole) + signs[0] + two(minutes) + signs[1] + seconds + signs[2];
  }

  function place() {
    if (!view.pointer) return [view.x, view.y];
    return [view.x + (view.pointer[0] - width / 2) / view.scale, view.y + (view.pointer[1] - height / 2) / view.scale];
  }

  function read() {
    const [x, y] = place();
    const inside = x >= 0 && y >= 0 && x <= data.nx && y <= data.ny;
    const position = "x " + (data.x0 + x + 0.5).toFixed(1) + ", y " + (data.y0 + data.ny - y + 0.5).toFixed(1);
    out.pixel.textContent = inside ? (view.pointer ? "Pointer" : "Centre") + " at " + position : "Outside the picture";
    out.sky.textContent = sky(x, y);
    out.zoom.textContent = "Zoom " + (view.scale < 10 ? view.scale.toFixed(2) : view.scale.toFixed(0)) + "×";
  }

  // What the keyboard did is told once it has come to rest.
  function speak() {
    clearTimeout(speaking);
    speaking = setTimeout(() => {
      const doing = blinking ? "Blinking" : view.beside ? "Side by side" : pictures[view.shown].label;
      out.status.textContent = [doing, out.zoom.textContent, out.pixel.textContent, out.sky.textContent].filter(Boolean).join(", ");
    }, 300);
  }

  function zoom(factor, at) {
    const [x, y] = at || [width / 2, height / 2], before = view.scale;
    view.fitted = false;
    view.scale = clamp(before * factor, least(), most());
    if (view.scale <= fitScale() * 1.001 && factor < 1) view.fitted = view.scale >= fitScale() * 0.999;
    view.x += (x - width / 2) * (1 / before - 1 / view.scale);
    view.y += (y - height / 2) * (1 / before - 1 / view.scale);
    settle();
  }

  function show(n) {
    if (n < 0 || n >= pictures.length) return;
    stop();
    if (view.beside) beside();
    view.shown = n;
    settle();
  }

  function stop() {
    clearInterval(blinking);
    blinking = 0;
    const button = find("[data-do=blink]");
    if (button) button.setAttribute("aria-pressed", "false");
  }

  function blink() {
    if (!data.blink) return;
    if (blinking) { stop(); return; }
    if (view.beside) beside();
    const [before, after] = data.blink;
    const next = () => { view.shown = view.shown === before ? after : before; settle(); };
    find("[data-do=blink]").setAttribute("aria-pressed", "true");
    next();
    blinking = setInterval(next, calm.matches ? 2500 : 600);
  }

  function beside() {
    if (!data.blink) return;
    stop();
    view.beside = !view.beside;
    stage.classList.toggle("beside", view.beside);
    press("beside", view.beside);
    measure();
  }

  const deeds = {
    blink,
    beside,
    in: () => zoom(Math.SQRT2),
    out: () => zoom(Math.SQRT1_2),
    fit: () => { view.fitted = true; settle(); },
    native: () => zoom(1 / view.scale),
    grid: () => { view.grid = !view.grid; stage.classList.toggle("gridded", view.grid); press("grid", view.grid); settle(); },
    mask: () => { view.masks = !view.masks; press("mask", view.masks); settle(); },
  };
  const keys = { b: "blink", s: "beside", "+": "in", "=": "in", "-": "out", _: "out", 0: "fit", f: "fit", n: "native", g: "grid", m: "mask" };
  const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  function press(name, on) {
    const button = find("[data-do=" + name + "]");
    if (button) button.setAttribute("aria-pressed", String(on));
  }

  viewer.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    view.pointer = null;
    if (button.dataset.picture) show(Number(button.dataset.picture));
    else deeds[button.dataset.do]();
    speak();
  });

  stage.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (arrows[key]) {
      const part = event.shiftKey ? 0.5 : 0.1;
      view.x += arrows[key][0] * part * width / view.scale;
      view.y += arrows[key][1] * part * height / view.scale;
      settle();
    } else if (/^[1-9]$/.test(key)) show(Number(key) - 1);
    else if (keys[key] && (key !== "m" || find("[data-do=mask]"))) deeds[keys[key]]();
    else return;
    view.pointer = null;
    event.preventDefault();
    speak();
  });

  // A turn of the wheel that began on the page goes on moving the page.
  let turned = -Infinity;
  window.addEventListener("wheel", (event) => { if (!stage.contains(event.target)) turned = event.timeStamp; }, { passive: true });
  stage.addEventListener("wheel", (event) => {
    const smallest = event.deltaY > 0 && view.scale <= least() * 1.001;
    if (!event.ctrlKey && (smallest || event.timeStamp - turned < 300)) { turned = event.timeStamp; return; }
    event.preventDefault();
    const step = clamp(event.deltaY * (event.deltaMode === 1 ? 16 : 1), -120, 120);
    zoom(Math.exp(-step / (event.ctrlKey ? 120 : 300)), local(event));
  }, { passive: false });

  function local(event) {
    const box = stage.getBoundingClientRect(), x = event.clientX - box.left, y = event.clientY - box.top;
    return [view.beside && across() && x >= width ? x - width : x, view.beside && !across() && y >= height ? y - height : y];
  }

  const held = new Map();
  stage.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    held.set(event.pointerId, local(event));
    stage.setPointerCapture(event.pointerId);
    stage.classList.add("dragged");
  });
  stage.addEventListener("pointermove", (event) => {
    const now = local(event), then = held.get(event.pointerId);
    view.pointer = event.pointerType === "mouse" || held.size ? now : null;
    if (!then) { read(); return; }
    const other = Array.from(held).find(([id]) => id !== event.pointerId);
    held.set(event.pointerId, now);
    if (other) {
      const apart = (p) => Math.max(1, Math.hypot(p[0] - other[1][0], p[1] - other[1][1]));
      view.x -= (now[0] - then[0]) / 2 / view.scale;
      view.y -= (now[1] - then[1]) / 2 / view.scale;
      zoom(apart(now) / apart(then), [(now[0] + other[1][0]) / 2, (now[1] + other[1][1]) / 2]);
    } else {
      view.x -= (now[0] - then[0]) / view.scale;
      view.y -= (now[1] - then[1]) / view.scale;
      settle();
    }
  });
  for (const kind of ["pointerup", "pointercancel"]) {
    stage.addEventListener(kind, (event) => {
      held.delete(event.pointerId);
      if (!held.size) stage.classList.remove("dragged");
    });
  }
  stage.addEventListener("pointerleave", () => { if (!held.size) { view.pointer = null; read(); } });

  function measure() {
    const box = stage.getBoundingClientRect();
    if (!box.width || !box.height) return;
    width = box.width / (view.beside && across() ? 2 : 1);
    height = box.height / (view.beside && !across() ? 2 : 1);
    settle();
  }

  document.documentElement.classList.add("scripted");
  viewer.hidden = false;
  stage.classList.toggle("gridded", view.grid);
  for (const picture of pictures) {
    for (const image of [picture.image, picture.mask]) if (image) image.addEventListener("load", settle);
  }
  new ResizeObserver(measure).observe(stage);
  measure();
}());
