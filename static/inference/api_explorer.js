/* Starts Swagger UI. Its bundle is a static file of drf-spectacular-sidecar, loaded before this module. */
const place = document.getElementById("swagger-ui");

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
