package main

import (
	"context"
	"errors"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil/rpcerror"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/structpb"
)

var thingType = tftypes.Object{AttributeTypes: map[string]tftypes.Type{"id": tftypes.String, "ip": tftypes.String}}

type terraform struct {
	tfprotov6.ProviderServer
	state       map[string]tftypes.Value
	diagnostics []*tfprotov6.Diagnostic
}

func (terraform) GetProviderSchema(
	context.Context, *tfprotov6.GetProviderSchemaRequest,
) (*tfprotov6.GetProviderSchemaResponse, error) {
	text := func(name string) *tfprotov6.SchemaAttribute {
		return &tfprotov6.SchemaAttribute{Name: name, Type: tftypes.String, Computed: true}
	}
	thing := &tfprotov6.Schema{Block: &tfprotov6.SchemaBlock{Attributes: []*tfprotov6.SchemaAttribute{text("id"), text("ip")}}}
	return &tfprotov6.GetProviderSchemaResponse{ResourceSchemas: map[string]*tfprotov6.Schema{"thing": thing}}, nil
}

func (t terraform) ApplyResourceChange(
	context.Context, *tfprotov6.ApplyResourceChangeRequest,
) (*tfprotov6.ApplyResourceChangeResponse, error) {
	var whole any
	if t.state != nil {
		whole = t.state
	}
	state, err := tfprotov6.NewDynamicValue(thingType, tftypes.NewValue(thingType, whole))
	return &tfprotov6.ApplyResourceChangeResponse{NewState: &state, Diagnostics: t.diagnostics}, err
}

func apply(inner terraform) (*failure, *tfprotov6.ApplyResourceChangeResponse, error) {
	kept := &failure{}
	ctx := context.WithValue(context.Background(), failureKey{}, kept)
	response, err := keepPartial(inner).ApplyResourceChange(ctx, &tfprotov6.ApplyResourceChangeRequest{TypeName: "thing"})
	return kept, response, err
}

func text(value any) tftypes.Value { return tftypes.NewValue(tftypes.String, value) }

var unhealthy = []*tfprotov6.Diagnostic{{Severity: tfprotov6.DiagnosticSeverityError, Summary: "not healthy"}}

func TestStateOfAFailedChangeIsKept(t *testing.T) {
	kept, response, err := apply(terraform{
		state:       map[string]tftypes.Value{"id": text("c1"), "ip": text(tftypes.UnknownValue)},
		diagnostics: unhealthy,
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(kept.reasons) != 1 || kept.reasons[0] != "not healthy" {
		t.Fatalf("reasons: %q", kept.reasons)
	}
	if len(response.Diagnostics) != 0 {
		t.Fatalf("the error was not kept aside: %v", response.Diagnostics)
	}
	value, err := response.NewState.Unmarshal(thingType)
	if err != nil || !value.IsFullyKnown() {
		t.Fatalf("what never became known must be null: %v, %v", value, err)
	}
}

func TestFailureThatMadeNothingStaysAnError(t *testing.T) {
	for name, state := range map[string]map[string]tftypes.Value{
		"no state": nil,
		"no id":    {"id": text(tftypes.UnknownValue), "ip": text(nil)},
		"empty id": {"id": text(""), "ip": text(nil)},
	} {
		kept, _, err := apply(terraform{state: state, diagnostics: unhealthy})
		if len(kept.reasons) != 0 || err == nil || err.Error() != "not healthy" {
			t.Errorf("%s: %q, %v", name, kept.reasons, err)
		}
	}
}

type bridged struct {
	pulumirpc.UnimplementedResourceProviderServer
	reasons []string
	diff    *pulumirpc.DiffRequest
}

func (b *bridged) Create(ctx context.Context, _ *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	ctx.Value(failureKey{}).(*failure).reasons = b.reasons
	return &pulumirpc.CreateResponse{Id: "c1", Properties: properties(map[string]any{"name": "web"})}, nil
}

func (b *bridged) Diff(_ context.Context, request *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	b.diff = request
	return &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_NONE}, nil
}

func properties(values map[string]any) *structpb.Struct {
	made, err := structpb.NewStruct(values)
	if err != nil {
		panic(err)
	}
	return made
}

const urn = "urn:pulumi:dev::p::docker:index/container:Container::web"

func TestFailedCreateIsRecordedAndReplacedByTheNextUpdate(t *testing.T) {
	inner := &bridged{reasons: []string{"not healthy"}}
	served := &server{
		ResourceProviderServer: inner, retried: map[string]bool{"docker:index/container:Container": true},
	}
	_, err := served.Create(context.Background(), &pulumirpc.CreateRequest{Urn: urn})
	failed := initError(t, err)
	if failed.GetId() != "c1" || failed.GetReasons()[0] != "not healthy" {
		t.Fatalf("recorded: %v", failed)
	}

	diff, err := served.Diff(context.Background(), &pulumirpc.DiffRequest{Urn: urn, Olds: failed.GetProperties()})
	if err != nil || diff.GetChanges() != pulumirpc.DiffResponse_DIFF_SOME || len(diff.GetReplaces()) == 0 ||
		!diff.GetDeleteBeforeReplace() {
		t.Fatalf("a failed create must be replaced: %v, %v", diff, err)
	}
	if _, leaked := inner.diff.GetOlds().GetFields()[failedProperty]; leaked {
		t.Fatal("the bridge must not see the mark")
	}
}

func TestOtherResourcesAreUpdatedAfterAFailedCreate(t *testing.T) {
	served := &server{ResourceProviderServer: &bridged{reasons: []string{"late"}}}
	_, err := served.Create(context.Background(), &pulumirpc.CreateRequest{Urn: urn})
	if _, marked := initError(t, err).GetProperties().GetFields()[failedProperty]; marked {
		t.Fatal("only resources described so are replaced")
	}
}

func TestSuccessIsPassedOn(t *testing.T) {
	served := &server{ResourceProviderServer: &bridged{}}
	response, err := served.Create(context.Background(), &pulumirpc.CreateRequest{Urn: urn})
	if err != nil || response.GetId() != "c1" {
		t.Fatalf("%v, %v", response, err)
	}
}

func initError(t *testing.T, err error) *pulumirpc.ErrorResourceInitFailed {
	t.Helper()
	for _, detail := range rpcerror.Convert(err).Details() {
		if failed, ok := detail.(*pulumirpc.ErrorResourceInitFailed); ok {
			return failed
		}
	}
	t.Fatal(errors.Join(errors.New("not a partial failure"), err))
	return nil
}
