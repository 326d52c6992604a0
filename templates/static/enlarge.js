// An image fills the window, on demand.
(() => {
  "use strict";
  const words = document.querySelector(".sb-notice")?.dataset;
  const images = document.querySelectorAll(".docs img:not(.sb-badge, a img, [alt=''])");
  if (!words || !images.length) return;

  const dialog = document.createElement("dialog");
  const close = document.createElement("button");
  const picture = new Image();
  dialog.className = "sb-enlarged";
  close.type = "button";
  close.textContent = words.close;
  dialog.append(close, picture);
  dialog.addEventListener("click", () => dialog.close());
  document.body.append(dialog);

  const enlarge = (image) => {
    picture.src = image.currentSrc || image.src;
    picture.alt = image.alt;
    dialog.setAttribute("aria-label", image.alt);
    dialog.showModal();
  };
  for (const image of images) {
    image.tabIndex = 0;
    image.title = words.enlarge;
    image.setAttribute("role", "button");
    image.setAttribute("aria-haspopup", "dialog");
    image.addEventListener("click", () => enlarge(image));
    image.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      enlarge(image);
    });
  }
})();
