{ domain, port, signups }:
{
  services.grafana = {
    enable = true;
    settings = {
      server = { inherit domain; http_port = port; root_url = "https://${domain}/"; };
      users.allow_sign_up = signups;
      security.admin_password = "$__file{/run/secrets/admin_password}";
    };
  };
}
