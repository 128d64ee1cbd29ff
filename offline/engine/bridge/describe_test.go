package main

import (
	"context"
	"testing"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/proto"
)

func TestOnlyADescriptionLeavesOutTheValidationOfTheConfiguration(t *testing.T) {
	for _, skipped := range []bool{true, false} {
		described := description{Name: "cloud", SkipValidation: skipped}
		info := described.info(proto.New(context.Background(), terraform{}))
		if info.SkipValidateProviderConfigForPluginFramework != skipped {
			t.Errorf("described as %v", skipped)
		}
	}
}
