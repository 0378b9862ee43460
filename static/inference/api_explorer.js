/* Starts Swagger UI. Its bundles are static files of drf-spectacular-sidecar, loaded before this module. */
const place = document.getElementById("swagger-ui");

window.ui = window.SwaggerUIBundle({
  domNode: place,
  urls: [
    { url: place.dataset.scoring, name: "Scoring and conversations" },
    { url: place.dataset.imports, name: "Imports" },
  ],
  deepLinking: true,
  validatorUrl: null,
  persistAuthorization: false,
  tryItOutEnabled: true,
  displayRequestDuration: true,
  presets: [window.SwaggerUIBundle.presets.apis, window.SwaggerUIStandalonePreset],
  layout: "StandaloneLayout",
});
