// Python keyword arguments and attributes from an options struct's fields(): one description, every door.
#pragma once

#include <pmtune/fields.hpp>
#include <string>
#include <type_traits>
#include <vector>

#include "base/options.hpp"
#include "common.hpp"
#include "convert.hpp"

namespace pmtune::python {

// Sets one option. None takes the default. Throws invalid_argument: an unknown name (with the nearest), a wrong type.
template <class Options>
void set_from_python(Options& options, const std::string& name, const py::handle& value) {
  const Json defaults = options_to_json(Options{});
  const bool take_default = value.is_none() && defaults.contains(name);
  set_option(options, name, take_default ? defaults[name] : to_json(value, "Option " + name));
}

// The options of `named` over those in `options`, all checked.
template <class Options>
Options with_options(Options options, const py::dict& named) {
  for (const auto& [name, value] : named) set_from_python(options, py::str(name).cast<std::string>(), value);
  validate_options(options);
  return options;
}

// Options given by position (in the order of fields()) and by name.
template <class Options>
Options options_from(const py::args& by_position, const py::kwargs& named) {
  const std::vector<std::string> names = option_names<Options>();
  if (by_position.size() > names.size()) throw py::type_error("too many arguments");
  Options options;
  for (std::size_t i = 0; i < by_position.size(); ++i) {
    if (named.contains(names[i].c_str())) throw py::type_error("argument " + names[i] + " is given twice");
    set_from_python(options, names[i], by_position[i]);
  }
  return with_options(std::move(options), named);
}

template <class Value>
py::object option_to_python(const Value& value) {
  return to_python(Json(to_json_value(value)));
}

template <class Options>
py::dict options_to_dict(const Options& options) {
  return to_python(options_to_json(options));
}

inline std::string field_doc(const Field& field) {
  std::string doc = field.doc;
  if (*field.unit) doc += concat(" [", field.unit, "]");
  if (*field.choices) doc += concat(" (", field.choices, ")");
  return doc;
}

// A description of every option, for help texts and forms.
template <class Options>
py::list describe_options() {
  const auto bound = [](double limit) { return std::isfinite(limit) ? py::object(py::float_(limit)) : py::none(); };
  py::list list;
  fields(Options{}, [&](const Field& field, const auto& value) {
    list.append(py::dict("name"_a = field.name, "doc"_a = field.doc, "unit"_a = field.unit,
                         "default"_a = option_to_python(value), "least"_a = bound(field.least),
                         "most"_a = bound(field.most), "choices"_a = text_list(split_choices(field.choices))));
  });
  return list;
}

// An attribute for every option; writing one checks it.
template <class Options>
void bind_attributes(py::class_<Options>& type) {
  fields(Options{}, [&](const Field& field, const auto&) {
    const std::string name = field.name;
    type.def_property(
        field.name,
        [name](const Options& self) {
          py::object value;
          fields(self, [&](const Field& other, const auto& member) {
            if (name == other.name) value = option_to_python(member);
          });
          return value;
        },
        [name](Options& self, const py::object& value) {
          self = with_options(self, py::dict(py::arg(name.c_str()) = value));
        },
        field_doc(field).c_str());
  });
}

template <class Options>
std::string options_repr(const char* name, const Options& options) {
  std::string list;
  fields(options, [&](const Field& field, const auto& value) {
    list += concat(list.empty() ? "" : ", ", field.name, "=",
                   py::repr(option_to_python(value)).template cast<std::string>());
  });
  return concat(name, "(", list, ")");
}

template <class Options>
bool same_options(const Options& a, const Options& b) {
  return options_to_json(a) == options_to_json(b);
}

// A value class: keyword construction, attributes, repr, ==, dict, with_, copy and pickle.
template <class Options>
void bind_options(py::class_<Options>& type, const char* name) {
  type.def(py::init([](const py::kwargs& named) { return with_options(Options{}, named); }));
  bind_attributes(type);
  type.def("__repr__", [name](const Options& self) { return text(options_repr(name, self)); });
  type.def(
      "__eq__", [](const Options& self, const Options& other) { return same_options(self, other); },
      py::is_operator());
  type.def("to_dict", &options_to_dict<Options>, "to_dict($self)\n--\n\nAll options by name, as plain values.");
  type.def_static(
      "from_dict", [](const py::dict& values) { return with_options(Options{}, values); }, "values"_a,
      "from_dict(values)\n--\n\nThe reverse of to_dict(); absent names take their defaults, unknown ones raise "
      "InvalidArgument.");
  type.def(
      "with_", [](const Options& self, const py::kwargs& named) { return with_options(self, named); },
      "with_($self, **options)\n--\n\nA copy with some options changed.");
  type.def("__copy__", [](const Options& self) { return self; });
  type.def(
      "__deepcopy__", [](const Options& self, const py::dict&) { return self; }, "memo"_a);
  type.def_static("describe", &describe_options<Options>,
                  "describe()\n--\n\nEvery option as {name, doc, unit, default, least, most, choices}.");
}

}  // namespace pmtune::python
