#include "convert.hpp"

#include <cmath>
#include <cstdint>

#include "base/fail.hpp"

namespace pmtune::python {
namespace {

constexpr int max_depth = 64;  // deeper than any option or example; ends a list that contains itself

Json json_of(const py::handle& value, std::string_view what, int depth);

Json whole_number(const py::handle& value, std::string_view what) {
  int overflow = 0;
  const long long small = PyLong_AsLongLongAndOverflow(value.ptr(), &overflow);
  if (overflow == 0) return static_cast<std::int64_t>(small);
  const unsigned long long large = overflow > 0 ? PyLong_AsUnsignedLongLong(value.ptr()) : 0;
  if (overflow < 0 || PyErr_Occurred()) {
    PyErr_Clear();
    fail(Code::invalid_argument, what, " is a whole number beyond 64 bits.");
  }
  return static_cast<std::uint64_t>(large);
}

Json list_of(const py::handle& value, std::string_view what, int depth) {
  Json list = Json::array();
  for (const py::handle item : value) list.push_back(json_of(item, what, depth));
  return list;
}

Json object_of(const py::dict& value, std::string_view what, int depth) {
  Json object = Json::object();
  for (const auto& [key, item] : value) {
    if (!py::isinstance<py::str>(key)) fail(Code::invalid_argument, what, " has a key that is not text.");
    object[key.cast<std::string>()] = json_of(item, what, depth);
  }
  return object;
}

Json json_of(const py::handle& value, std::string_view what, int depth) {
  if (depth > max_depth) fail(Code::invalid_argument, what, " nests deeper than ", max_depth, " levels.");
  if (value.is_none()) return nullptr;
  if (py::isinstance<py::bool_>(value)) return value.cast<bool>();
  if (py::isinstance<py::int_>(value)) return whole_number(value, what);
  if (py::isinstance<py::float_>(value)) return value.cast<double>();
  if (py::isinstance<py::str>(value)) return value.cast<std::string>();
  if (py::isinstance<py::dict>(value)) return object_of(py::reinterpret_borrow<py::dict>(value), what, depth + 1);
  if (py::isinstance<py::list>(value) || py::isinstance<py::tuple>(value)) return list_of(value, what, depth + 1);
  if (py::hasattr(value, "__fspath__")) return path_of(value);
  if (py::hasattr(value, "tolist")) return json_of(value.attr("tolist")(), what, depth + 1);  // numpy
  const auto type = py::str(py::type::of(value).attr("__name__")).cast<std::string>();
  fail(Code::invalid_argument, what, " cannot be a ", type, ".");
}

std::string text_entry(const py::dict& message, const char* key, const std::string& where) {
  if (!message.contains(key)) fail(Code::invalid_argument, where, " has no \"", key, "\".");
  const py::object value = message[key];
  if (!py::isinstance<py::str>(value)) fail(Code::invalid_argument, "The \"", key, "\" of ", where, " must be text.");
  return value.cast<std::string>();
}

Message message_of(const py::handle& item, const std::string& where) {
  if (!py::isinstance<py::dict>(item))
    fail(Code::invalid_argument, where, " must be a dict with \"role\" and \"content\".");
  const auto entry = py::reinterpret_borrow<py::dict>(item);
  Message message{text_entry(entry, "role", where), text_entry(entry, "content", where)};
  if (entry.contains("weight") && !entry["weight"].is_none()) {
    if (!PyNumber_Check(py::object(entry["weight"]).ptr()))
      fail(Code::invalid_argument, "The \"weight\" of ", where, " must be a number.");
    message.weight = py::float_(py::object(entry["weight"])).cast<double>();
  }
  for (const auto& [key, value] : entry) {
    const auto name = py::str(key).cast<std::string>();
    if (name != "role" && name != "content" && name != "weight")
      fail(Code::invalid_argument, where, " has an unknown entry \"", name,
           "\"; known are role, content and weight.");
  }
  return message;
}

std::vector<Message> message_list(const py::handle& list, const std::string& of_what) {
  if (!py::isinstance<py::list>(list) && !py::isinstance<py::tuple>(list))
    fail(Code::invalid_argument, "The messages", of_what,
         " must be a list such as [{\"role\": \"user\", \"content\": \"...\"}].");
  std::vector<Message> messages;
  for (const py::handle item : list)
    messages.push_back(message_of(item, concat("Message ", messages.size() + 1, of_what)));
  return messages;
}

}  // namespace

py::str text(std::string_view utf8) {
  PyObject* decoded = PyUnicode_DecodeUTF8(utf8.data(), static_cast<py::ssize_t>(utf8.size()), "replace");
  if (!decoded) throw py::error_already_set();
  return py::reinterpret_steal<py::str>(decoded);
}

std::string path_of(const py::handle& path) {
  return py::bytes(py::module_::import("os").attr("fsencode")(path)).cast<std::string>();
}

py::object number(double value) { return std::isnan(value) ? py::object(py::none()) : py::float_(value); }

py::dict numbers(const std::map<std::string, double>& values) {
  py::dict dict;
  for (const auto& [name, value] : values) dict[text(name)] = number(value);
  return dict;
}

py::object to_python(const Json& json) {
  switch (json.type()) {
    case Json::value_t::boolean: return py::bool_(json.get<bool>());
    case Json::value_t::number_integer: return py::int_(json.get<std::int64_t>());
    case Json::value_t::number_unsigned: return py::int_(json.get<std::uint64_t>());
    case Json::value_t::number_float: return number(json.get<double>());
    case Json::value_t::string: return text(json.get_ref<const std::string&>());
    case Json::value_t::array: {
      py::list list;
      for (const Json& item : json) list.append(to_python(item));
      return list;
    }
    case Json::value_t::object: {
      py::dict dict;
      for (const auto& [key, item] : json.items()) dict[text(key)] = to_python(item);
      return dict;
    }
    default: return py::none();
  }
}

Json to_json(const py::handle& value, std::string_view what) { return json_of(value, what, 0); }

py::object parsed(const std::string& json_text) {
  return json_text.empty() ? py::object(py::dict()) : to_python(Json::parse(json_text));
}

py::object record(const char* name, const py::dict& values, std::string_view shown) {
  return py::module_::import("pmtune._records").attr(name)(values, text(shown));
}

std::vector<Message> messages_of(const py::handle& conversation) {
  if (!py::isinstance<py::dict>(conversation)) return message_list(conversation, "");
  const auto entry = py::reinterpret_borrow<py::dict>(conversation);
  if (entry.contains("messages")) return message_list(entry["messages"], "");
  return {message_of(conversation, "The message")};
}

Example example_of(const py::handle& item, std::size_t number) {
  const std::string of_example = concat(" of example ", number);
  const auto entry = py::reinterpret_borrow<py::dict>(item);
  Example example{message_list(entry["messages"], of_example), {}, {}, 0};
  if (entry.contains("tags")) {
    const Json tags = to_json(entry["tags"], "The \"tags\"" + of_example);
    for (const Json& tag : tags) {
      if (!tag.is_string()) fail(Code::invalid_argument, "The \"tags\"", of_example, " must be a list of texts.");
      example.tags.push_back(tag.get<std::string>());
    }
  }
  if (entry.contains("author") && !entry["author"].is_none()) {
    if (!py::isinstance<py::str>(entry["author"]))
      fail(Code::invalid_argument, "The \"author\"", of_example, " must be text.");
    example.author = entry["author"].cast<std::string>();
  }
  if (entry.contains("origin")) example.origin = py::str(entry["origin"]).cast<std::string>();
  if (entry.contains("line") && py::isinstance<py::int_>(entry["line"]))
    example.line = whole_number(entry["line"], "The \"line\"" + of_example).get<std::int64_t>();
  return example;
}

py::list text_list(const std::vector<std::string>& values) {
  py::list list;
  for (const std::string& value : values) list.append(text(value));
  return list;
}

}  // namespace pmtune::python
