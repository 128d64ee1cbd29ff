// Command bridge serves a Terraform provider binary as a Pulumi resource plugin. The provider.json beside the
// executable says which binary, and how Terraform's names map to the tokens and properties of the Pulumi SDK.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/pulumi/pulumi-terraform-bridge/v3/dynamic/internal/shim/run"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/proto"
	pfbridge "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
	rprovider "github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

func main() {
	if err := serve(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(ctx context.Context) error {
	executable, err := os.Executable()
	if err != nil {
		return err
	}
	described, err := readDescription(filepath.Join(filepath.Dir(executable), "provider.json"))
	if err != nil {
		return err
	}
	if slices.Contains(os.Args, "--version") {
		fmt.Println(described.Version)
		return nil
	}
	// The name is that of the provider's type; the folder may hold a file with a version behind it.
	binary := filepath.Join(described.Folder, "terraform-provider-"+described.Terraform.Type)
	terraform, err := run.LocalProvider(ctx, binary)
	if err != nil {
		return fmt.Errorf("starting %s: %w", binary, err)
	}
	defer terraform.Close()

	info := described.info(proto.New(ctx, keepPartial(terraform)))
	if slices.Contains(os.Args, "--names") {
		encoder := json.NewEncoder(os.Stdout)
		encoder.SetIndent("", " ")
		return encoder.Encode(propertyNames(info))
	}
	schema, err := json.Marshal(map[string]string{"name": described.Name, "version": described.Version})
	if err != nil {
		return err
	}
	return rprovider.Main(described.Name, func(engine *rprovider.HostClient) (pulumirpc.ResourceProviderServer, error) {
		inner, err := pfbridge.NewProviderServer(ctx, engine, info, pfbridge.ProviderMetadata{PackageSchema: schema})
		if err != nil {
			return nil, err
		}
		return &server{ResourceProviderServer: inner, retried: described.retried()}, nil
	})
}
