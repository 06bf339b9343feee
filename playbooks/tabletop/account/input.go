package account

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
)

// Input builds the Call.Input of an operation from its parameters by name, as
// a scenario's file has them: the SDK's input struct, in the SDK's names, for
// an operation that the account simulates, and parameters itself for any
// other. A parameter that the operation does not have is an error.
func (a *Account) Input(service, name string, parameters map[string]any) (any, error) {
	op, err := a.operationFor(Call{Service: service, Operation: name})
	if err != nil {
		return nil, err
	}
	if op.input == nil {
		return parameters, nil
	}
	text, err := json.Marshal(parameters)
	if err != nil {
		return nil, fmt.Errorf("input of %s %s: %w", service, name, err)
	}
	input := reflect.New(op.input.Elem())
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(input.Interface()); err != nil {
		return nil, fmt.Errorf("input of %s %s: %w", service, name, err)
	}
	return input.Interface(), nil
}
