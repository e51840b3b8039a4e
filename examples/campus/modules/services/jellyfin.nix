{ port, media }:
{
  services.jellyfin.enable = true;
  networking.firewall.allowedTCPPorts = [ port ];
  systemd.services.jellyfin.serviceConfig.BindReadOnlyPaths = [ media ];
}
