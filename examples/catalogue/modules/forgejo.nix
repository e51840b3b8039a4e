{ domain, port, ssh_port, registration }:
{
  services.forgejo = {
    enable = true;
    settings = {
      server = {
        DOMAIN = domain;
        ROOT_URL = "https://${domain}/";
        HTTP_PORT = port;
        START_SSH_SERVER = true;
        SSH_PORT = ssh_port;
      };
      service.DISABLE_REGISTRATION = !registration;
    };
  };
}
