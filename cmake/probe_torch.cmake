# Which of the ATen entry points that are not part of the stable interface does this torch have? Each one has a plain path
# beside it, so a missing one costs speed, not function.
include(CheckCXXSourceCompiles)

function(pmtune_probe_op result header)
  if(EXISTS "${TORCH_INSTALL_PREFIX}/include/ATen/ops/${header}.h")
    set(${result} 1 PARENT_SCOPE)
    message(STATUS "torch has at::${header}")
  else()
    set(${result} 0 PARENT_SCOPE)
    message(STATUS "torch lacks at::${header}; the plain path is used")
  endif()
endfunction()

pmtune_probe_op(PMTUNE_HAVE_CPU_FLASH _scaled_dot_product_flash_attention_for_cpu)
pmtune_probe_op(PMTUNE_HAVE_FUSED_ADAMW _fused_adamw)
