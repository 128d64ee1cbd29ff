package main

import (
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"
)

// propertyNames maps each token to the Pulumi paths of its properties, so that they can be compared with an SDK's.
// A path ends in [] where the SDK has to pass a list.
func propertyNames(info tfbridge.ProviderInfo) map[string][]string {
	found := map[string][]string{}
	for name, one := range info.Resources {
		if resource, ok := info.P.ResourcesMap().GetOk(name); ok {
			found[string(one.Tok)] = pathsOf("", resource.Schema(), one.Fields)
		}
	}
	for name, one := range info.DataSources {
		if source, ok := info.P.DataSourcesMap().GetOk(name); ok {
			found[string(one.Tok)] = pathsOf("", source.Schema(), one.Fields)
		}
	}
	found["config"] = pathsOf("", info.P.Schema(), info.Config)
	return found
}

func pathsOf(prefix string, schema shim.SchemaMap, infos map[string]*tfbridge.SchemaInfo) []string {
	paths := []string{}
	schema.Range(func(terraformName string, one shim.Schema) bool {
		info := infos[terraformName]
		path := prefix + tfbridge.TerraformToPulumiNameV2(terraformName, schema, infos)
		isList := one.Type() == shim.TypeList || one.Type() == shim.TypeSet
		if isList && !tfbridge.IsMaxItemsOne(one, info) {
			path += "[]"
		}
		paths = append(paths, path)
		if nested, ok := one.Elem().(shim.Resource); ok {
			var deeper map[string]*tfbridge.SchemaInfo
			if info != nil && info.Elem != nil {
				deeper = info.Elem.Fields
			}
			paths = append(paths, pathsOf(path+".", nested.Schema(), deeper)...)
		}
		return true
	})
	return paths
}
