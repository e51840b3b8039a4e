{ domain, port, signups }:
{
  services.vaultwarden = {
    enable = true;
    environmentFile = "/run/secrets/admin_token";
    config = {
      DOMAIN = "https://${domain}";
      ROCKET_PORT = port;
      SIGNUPS_ALLOWED = signups;
    };
  };
}
