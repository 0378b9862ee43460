/* Starts Swagger UI. Its bundle is a static file of drf-spectacular-sidecar, loaded before this module. */
const place = document.getElementById("swagger-ui");
const systemDark = window.matchMedia("(prefers-color-scheme: dark)");

/** Swagger UI knows its dark colours by a class of the page's root; the hub's theme may be chosen or the system's. */
function followTheme() {
  const chosen = document.documentElement.dataset.theme;
  document.documentElement.classList.toggle("dark-mode", chosen ? chosen === "dark" : systemDark.matches);
}

followTheme();
systemDark.addEventListener("change", followTheme);
new MutationObserver(followTheme).observe(document.documentElement, { attributeFilter: ["data-theme"] });

window.ui = window.SwaggerUIBundle({
  domNode: place,
  url: place.dataset.document,
  deepLinking: true,
  validatorUrl: null,
  persistAuthorization: false,
  tryItOutEnabled: true,
  displayRequestDuration: true,
  presets: [window.SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
});
