"""The load balancer's certificate: one's own, one that a DNS zone proves, or, without a domain, one that we sign."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws

from components.targets.aws.kept_certificate import kept_certificate

if TYPE_CHECKING:
    from components.targets.aws.target import AwsTarget


class Certificate(pulumi.ComponentResource):
    """`arn` is known once the certificate can be used; `zone` is the id of the DNS zone, None where there is none."""

    def __init__(self, target: AwsTarget, opts: pulumi.ResourceOptions) -> None:
        super().__init__("strata:aws:Certificate", "certificate", None, opts)
        self.target, own = target, target.chosen.own
        self.zone: pulumi.Output[str] | None = None
        if own.zone:
            invoke = pulumi.InvokeOptions(provider=target.found().provider)
            self.zone = aws.route53.get_zone_output(name=own.zone, opts=invoke).zone_id
        if own.certificate:
            self.arn: pulumi.Output[str] = pulumi.Output.from_input(own.certificate)
        elif self.zone is not None and own.domain:
            self.arn = self._proven(own.domain, self.zone)
        else:
            self.arn = self._self_signed()
        self.register_outputs({"arn": self.arn})

    def _proven(self, domain: str, zone: pulumi.Output[str]) -> pulumi.Output[str]:
        inside = pulumi.ResourceOptions(parent=self)
        made = aws.acm.Certificate("certificate-acm", domain_name=domain, validation_method="DNS", opts=inside)
        asked = made.domain_validation_options[0]
        record = aws.route53.Record(
            "certificate-proof", zone_id=zone, name=asked.resource_record_name, type=asked.resource_record_type,
            ttl=300,
            records=[asked.resource_record_value], allow_overwrite=True, opts=inside,
        )  # fmt: skip
        return aws.acm.CertificateValidation(
            "certificate-valid", certificate_arn=made.arn, validation_record_fqdns=[record.fqdn], opts=inside
        ).certificate_arn

    def _self_signed(self) -> pulumi.Output[str]:
        """Made once and kept: browsers warn of it, which is right for a system without a name of its own."""
        inside = pulumi.ResourceOptions(parent=self)
        made = kept_certificate("certificate-made", self.target.found().domain, inside)
        return aws.acm.Certificate(
            "certificate-acm", certificate_body=made.apply(lambda both: str(both["certificate"])),
            private_key=made.apply(lambda both: str(both["key"])), opts=inside,
        ).arn  # fmt: skip
