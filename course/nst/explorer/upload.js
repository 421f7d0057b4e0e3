// A file button that makes large pictures small before they travel: Jupyter's connection breaks at 10 MB, silently.
const MOST_BYTES = 8e6;
const LONGEST_SIDE = 1024; // pixels

async function prepared(file) {
  const bitmap = await createImageBitmap(file);
  const scale = Math.min(1, LONGEST_SIDE / Math.max(bitmap.width, bitmap.height));
  if (scale === 1 && file.size < MOST_BYTES) return file;
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => { canvas.toBlob(resolve, "image/png"); });
}

async function send(model, file) {
  let picture = file;
  try {
    picture = await prepared(file);
  } catch { // no picture to this browser: Python reads more formats, and says what is wrong with the others
    if (file.size >= MOST_BYTES) return model.send({ name: file.name, refused: file.size });
  }
  return model.send({ name: file.name }, undefined, [await picture.arrayBuffer()]);
}

function render({ model, el }) {
  const label = document.createElement("label");
  const input = document.createElement("input");
  label.className = "nst-upload";
  input.type = "file";
  input.accept = "image/*";
  input.addEventListener("change", () => {
    if (input.files.length) send(model, input.files[0]);
    input.value = ""; // the same file can be chosen again
  });
  label.append(`${model.get("label")} `, input);
  el.append(label);
}

export default { render };
