package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"unicode"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
)

// A field's path is in Terraform's names, dots between levels: "rule.filter.tag".
type field struct {
	Name        string `json:"name"`
	MaxItemsOne *bool  `json:"maxItemsOne"`
	// AutoName is the longest name that may be made up for an unnamed resource; 0 means that none is.
	AutoName int  `json:"autoName"`
	Lower    bool `json:"lower"`
}

type entity struct {
	// Token is "module/Name": "ec2/Vpc" stands for "aws:ec2/vpc:Vpc".
	Token               string           `json:"token"`
	Fields              map[string]field `json:"fields"`
	DeleteBeforeReplace bool             `json:"deleteBeforeReplace"`
	// ReplaceFailed makes the next update replace what a failed create left, as Terraform does with a tainted resource.
	ReplaceFailed bool `json:"replaceFailed"`
}

type description struct {
	Name      string `json:"name"`
	Version   string `json:"version"`
	Terraform struct {
		Type string `json:"type"`
	} `json:"terraform"`
	// SkipValidation leaves the provider's configuration unchecked before it is used, which is when it is read anyway.
	SkipValidation bool `json:"skipValidation"`
	// Folder holds the Terraform provider's binary.
	Folder    string            `json:"folder"`
	Resources map[string]entity `json:"resources"`
	Functions map[string]entity `json:"functions"`
	Config    map[string]field  `json:"config"`
}

func readDescription(path string) (*description, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	read := &description{}
	if err := json.Unmarshal(raw, read); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return read, nil
}

func (d *description) token(short string) string {
	module, name, _ := strings.Cut(short, "/")
	lower := []rune(name)
	lower[0] = unicode.ToLower(lower[0])
	return fmt.Sprintf("%s:%s/%s:%s", d.Name, module, string(lower), name)
}

// retried holds the tokens of resources that are made anew after a failed create.
func (d *description) retried() map[string]bool {
	found := map[string]bool{}
	for _, one := range d.Resources {
		if one.ReplaceFailed {
			found[d.token(one.Token)] = true
		}
	}
	return found
}

func (d *description) info(provider shim.Provider) tfbridge.ProviderInfo {
	info := tfbridge.ProviderInfo{
		P:            provider,
		Name:         d.Name,
		Version:      d.Version,
		MetadataInfo: &tfbridge.MetadataInfo{Data: tfbridge.ProviderMetadata(nil)},
		Resources:    map[string]*tfbridge.ResourceInfo{},
		DataSources:  map[string]*tfbridge.DataSourceInfo{},
		Config:       schemaInfos(d.Config),
		// Without it a preview says that a resource changes, but not which of its properties.
		EnableAccuratePFBridgePreview: true,

		SkipValidateProviderConfigForPluginFramework: d.SkipValidation,
	}
	for name, one := range d.Resources {
		info.Resources[name] = &tfbridge.ResourceInfo{
			Tok:                 tokens.Type(d.token(one.Token)),
			Fields:              schemaInfos(one.Fields),
			DeleteBeforeReplace: one.DeleteBeforeReplace,
		}
	}
	for name, one := range d.Functions {
		info.DataSources[name] = &tfbridge.DataSourceInfo{
			Tok: tokens.ModuleMember(d.token(one.Token)), Fields: schemaInfos(one.Fields),
		}
	}
	info.SetAutonaming(255, "-")
	return info
}

func schemaInfos(fields map[string]field) map[string]*tfbridge.SchemaInfo {
	top := map[string]*tfbridge.SchemaInfo{}
	for path, one := range fields {
		level := top
		steps := strings.Split(path, ".")
		for _, step := range steps[:len(steps)-1] {
			parent := at(level, step)
			if parent.Elem == nil {
				parent.Elem = &tfbridge.SchemaInfo{Fields: map[string]*tfbridge.SchemaInfo{}}
			}
			level = parent.Elem.Fields
		}
		last := steps[len(steps)-1]
		one.apply(last, at(level, last))
	}
	return top
}

func at(level map[string]*tfbridge.SchemaInfo, step string) *tfbridge.SchemaInfo {
	if level[step] == nil {
		level[step] = &tfbridge.SchemaInfo{}
	}
	return level[step]
}

func (f field) apply(terraformName string, to *tfbridge.SchemaInfo) {
	to.Name, to.MaxItemsOne = f.Name, f.MaxItemsOne
	if f.AutoName == 0 {
		return
	}
	if to.Name == "" {
		to.Name = tfbridge.TerraformToPulumiNameV2(terraformName, nil, nil)
	}
	named := tfbridge.AutoName(to.Name, f.AutoName, "-")
	if f.Lower {
		named = tfbridge.AutoNameTransform(to.Name, f.AutoName, strings.ToLower)
	}
	to.Default = named.Default
}
